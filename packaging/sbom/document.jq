# One SPDX 2.3 document out of what `make` found. $found: a line a package, in the order of its fields below; the
# other arguments are texts. Nothing in it is random or of this machine: the same program and packages make the
# same document.
include "licenses";

def purl($name; $version; $arch):
  "pkg:deb/debian/\($name | @uri)@\($version | @uri)?arch=\($arch)&distro=\($distro)";

def of_debian($name; $version; $arch): {
  name: $name, versionInfo: $version, supplier: "Organization: Debian", downloadLocation: "NOASSERTION",
  filesAnalyzed: false, licenseConcluded: "NOASSERTION", copyrightText: "NOASSERTION",
  externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
                  referenceLocator: purl($name; $version; $arch)}]};

($found | split("\n") | map(select(. != "") | split("\t") | {
  relation: .[0], name: .[1], version: .[2], arch: .[3], source: .[4], source_version: .[5], license: .[6]})) as $lines
| ($lines | map(. + {id: "SPDXRef-Package-\(.name | id_of)", source_id: "SPDXRef-Source-\(.source | id_of)"})) as $all
# A package may be linked in two ways, and a source be that of several packages.
| ($all | unique_by(.id)) as $packages
| ($all | unique_by(.source_id)) as $sources
| ($packages | map(select(.license != "") | {license: (.license | spdx_license), name})) as $declared
| {
  spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT",
  name: "sekisho-\($version)",
  documentNamespace: "https://sekisho.example.org/spdx/sekisho-\($version)-\($sha256)",
  creationInfo: {created: $created, creators: ["Organization: Sekisho developers", "Tool: packaging/sbom/make"]},
  documentDescribes: ["SPDXRef-Package-sekisho"],
  packages: ([{
      SPDXID: "SPDXRef-Package-sekisho", name: "sekisho", versionInfo: $version,
      supplier: "Organization: Sekisho developers", downloadLocation: "NOASSERTION", filesAnalyzed: false,
      primaryPackagePurpose: "APPLICATION", licenseConcluded: "NOASSERTION", licenseDeclared: "Apache-2.0",
      copyrightText: "NOASSERTION"
    }, {
      SPDXID: "SPDXRef-Source-sekisho", name: "sekisho", versionInfo: $version,
      supplier: "Organization: Sekisho developers", downloadLocation: "NOASSERTION", filesAnalyzed: false,
      primaryPackagePurpose: "SOURCE", licenseConcluded: "NOASSERTION", licenseDeclared: "Apache-2.0",
      copyrightText: "NOASSERTION"
    }]
    + ($packages | map({SPDXID: .id} + of_debian(.name; .version; .arch) + {
        licenseDeclared: (if .license == "" then "NOASSERTION" else (.license | spdx_license) end),
        licenseComments:
          "Declared is what Debian's copyright file says of most files; /usr/share/doc/\(.name)/copyright has all."}))
    + ($sources | map({SPDXID: .source_id} + of_debian(.source; .source_version; "source") + {
        primaryPackagePurpose: "SOURCE", licenseDeclared: "NOASSERTION"}))),
  files: [{
    SPDXID: "SPDXRef-File-sekisho", fileName: $file_name, fileTypes: ["BINARY"],
    checksums: [{algorithm: "SHA1", checksumValue: $sha1}, {algorithm: "SHA256", checksumValue: $sha256}],
    licenseConcluded: "NOASSERTION", licenseInfoInFiles: ["NOASSERTION"], copyrightText: "NOASSERTION"}],
  hasExtractedLicensingInfos: ($declared
    | map(.name as $name | .license | scan("LicenseRef-[A-Za-z0-9.-]+") | {id: ., name: $name})
    | unique_by(.id)
    | map({licenseId: .id, name: .id,
           extractedText: "The text is in /usr/share/doc/\(.name)/copyright of the Debian package \(.name)."})),
  relationships: ([
      ["SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package-sekisho"],
      ["SPDXRef-Package-sekisho", "CONTAINS", "SPDXRef-File-sekisho"],
      ["SPDXRef-File-sekisho", "GENERATED_FROM", "SPDXRef-Source-sekisho"]]
    + ($all | map(if .relation == "BUILD_TOOL_OF" then [.id, .relation, "SPDXRef-File-sekisho"]
                  else ["SPDXRef-File-sekisho", .relation, .id] end))
    + ($packages | map([.id, "GENERATED_FROM", .source_id]))
    | map({spdxElementId: .[0], relationshipType: .[1], relatedSpdxElement: .[2]}))
}
