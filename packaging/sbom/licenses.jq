# Debian's short names of licences (copyright-format 1.0) as SPDX expressions. A name that is not in the table
# becomes a LicenseRef, whose text is where the package has it.
def spdx_names: {
  "0BSD": "0BSD", "Apache-2.0": "Apache-2.0", "Artistic": "Artistic-1.0-Perl", "BSD-2-clause": "BSD-2-Clause",
  "BSD-2-Clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause", "BSD-3-Clause": "BSD-3-Clause",
  "BSD-3-Clause~Google": "BSD-3-Clause", "BSL-1.0": "BSL-1.0", "CC0-1.0": "CC0-1.0", "Expat": "MIT", "MIT": "MIT",
  "GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3": "GPL-3.0-only", "GPL-3+": "GPL-3.0-or-later",
  "ISC": "ISC", "LGPL-2": "LGPL-2.0-only", "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.0+": "LGPL-2.0-or-later",
  "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later", "LGPL-3": "LGPL-3.0-only",
  "LGPL-3+": "LGPL-3.0-or-later", "OLDAP-2.8": "OLDAP-2.8", "Zlib": "Zlib", "curl": "curl"};

# What "/", "+" or a blank stands for in an identifier is not allowed there.
def id_of: gsub("[^A-Za-z0-9.-]"; "-");

def spdx_license:
  [splits(" (or|OR) ") | [splits(" (and|AND) |, *")
    | spdx_names[.] // "LicenseRef-Debian-\(id_of)"] | join(" AND ")]
  | if length > 1 then map(if test(" AND ") then "(\(.))" else . end) | join(" OR ") else .[0] end;
