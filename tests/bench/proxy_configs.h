// The configurations of the other proxies: what their manuals would have for one busy connection.
#pragma once

#include <string>

namespace sekisho::bench {

std::string HaproxyConfig(const std::string& listen, const std::string& upstream);
// `dir` holds nginx's own files.
std::string NginxConfig(const std::string& dir, const std::string& listen,
                        const std::string& upstream);

}  // namespace sekisho::bench
