#include "differential/second_namespaces.h"

namespace sekisho::differential {

namespace v1 = runtime::v1;

bool IsOfNode(v1::NamespaceMode mode) {
  return mode == v1::NODE || !v1::NamespaceMode_IsValid(mode);
}

bool AreMappingsEqual(const Mappings& one, const Mappings& other) {
  bool equal = one.size() == other.size();
  for (int i = 0; equal && i < one.size(); ++i) {
    equal = one[i].host_id() == other[i].host_id() &&
            one[i].container_id() == other[i].container_id() &&
            one[i].length() == other[i].length();
  }
  return equal;
}

// Absent is the node's, too.
bool AreUsersEqual(const v1::NamespaceOption& one, const v1::NamespaceOption& other) {
  const v1::UserNamespace& first = one.userns_options();
  const v1::UserNamespace& second = other.userns_options();
  const bool first_of_node = !one.has_userns_options() || IsOfNode(first.mode());
  const bool second_of_node = !other.has_userns_options() || IsOfNode(second.mode());
  if (first_of_node || second_of_node) {
    return first_of_node && second_of_node;
  }
  return first.mode() == second.mode() && AreMappingsEqual(first.uids(), second.uids()) &&
         AreMappingsEqual(first.gids(), second.gids());
}

}  // namespace sekisho::differential
