// Texts of others, made fit for an Event or a log line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sekisho::kube {

// One printable line of UTF-8 of at most `bytes_max` bytes (not below 3): line ends, control
// characters and bytes that are not UTF-8 become \xNN, and what is too long ends with "…". Looks at
// no more of a long text than it needs.
std::string OneLine(std::string_view text, size_t bytes_max);

// A DNS label (RFC 1123): what a namespace or a container is called.
bool IsDnsLabel(std::string_view name);
// A DNS subdomain: what a pod or an Event is called.
bool IsDnsSubdomain(std::string_view name);

// One segment of a URL's path: what is not a letter, a digit, '-', '.', '_' or '~' becomes %NN.
// Nothing helps against "." and "..", which are no DNS names.
std::string PathSegment(std::string_view text);

}  // namespace sekisho::kube
