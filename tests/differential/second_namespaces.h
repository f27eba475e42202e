// What the parts of the second evaluator make of namespaces.
#pragma once

#include "runtime/v1/api.pb.h"

namespace sekisho::differential {

// The node's. A mode that the protocol does not have is taken for the worst.
bool IsOfNode(runtime::v1::NamespaceMode mode);

using Mappings = google::protobuf::RepeatedPtrField<runtime::v1::IDMapping>;
bool AreMappingsEqual(const Mappings& one, const Mappings& other);

// Whether both use the node's ids, or both map the same ones.
bool AreUsersEqual(const runtime::v1::NamespaceOption& one,
                   const runtime::v1::NamespaceOption& other);

}  // namespace sekisho::differential
