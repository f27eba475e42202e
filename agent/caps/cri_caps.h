// How a container runtime reads the capability lists of CRI.
//
// containerd upper-cases each name and puts "CAP_" before it. So names are case-insensitive, and
// "CAP_NET_RAW" names nothing: it drops nothing. Other runtimes take the prefix off instead. To be
// safe under either, a name that is *added* counts with and without the prefix, and a name that is
// *dropped* counts only without.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caps/cap_set.h"

namespace sekisho::caps {

// Upper-case, without a leading CAP_: "cap_sys_admin" -> "SYS_ADMIN".
std::string CanonicalName(std::string_view name);

// Whether containerd takes `name` for `canonical` ("net_raw" for "NET_RAW", but not "CAP_NET_RAW").
bool IsPlainNameOf(std::string_view name, std::string_view canonical);

// What containerd gives a container that asks for nothing.
CapSet RuntimeDefaultSet();

// The set containerd ends up with: the default; everything if ALL is added; nothing if ALL is
// dropped; then each addition, then each drop. Names that containerd cannot resolve change nothing.
// `all` is what ALL means on this node (runc takes it from the runtime's own permitted set).
CapSet EffectiveFromCri(const std::vector<std::string>& add, const std::vector<std::string>& drop,
                        CapSet all = CapSet::All());

// The lists with `name` (canonical) taken away whatever they said: no spelling of it remains in
// `add`, and `drop` names it in a form that containerd honours.
struct Lists {
  std::vector<std::string> add = {};
  std::vector<std::string> drop = {};
  std::vector<std::string> ambient = {};
};
Lists WithDropped(Lists lists, std::string_view name);

}  // namespace sekisho::caps
