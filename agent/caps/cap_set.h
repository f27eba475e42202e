// A set of Linux capabilities.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::caps {

// The number of a capability by its prefix-free upper-case name ("NET_RAW" -> 13), as the kernel's
// include/uapi/linux/capability.h numbers them. Nothing for a name that libcap-ng does not know.
std::optional<int> NumberOf(std::string_view name);

// A value type over the kernel's 64-bit mask: the form of CapEff and the like in
// /proc/<pid>/status.
class CapSet {
 public:
  constexpr CapSet() = default;
  constexpr explicit CapSet(uint64_t mask) : mask_(mask) {}
  // Names are prefix-free and upper-case; an unknown one is a mistake of ours and aborts.
  static CapSet Of(std::initializer_list<std::string_view> names);
  // Every capability that libcap-ng knows the kernel to have.
  static CapSet All();

  constexpr uint64_t mask() const { return mask_; }
  constexpr bool empty() const { return mask_ == 0; }
  constexpr bool Has(int number) const { return (mask_ >> number & 1) != 0; }
  constexpr CapSet With(int number) const { return CapSet(mask_ | uint64_t{1} << number); }
  constexpr CapSet Without(int number) const { return CapSet(mask_ & ~(uint64_t{1} << number)); }
  // In the kernel's order; a number that libcap-ng has no name for stands for itself.
  std::vector<std::string> Names() const;
  // "CHOWN NET_RAW"; "none" for the empty set.
  std::string ToString() const;

  friend constexpr bool operator==(CapSet, CapSet) = default;

 private:
  uint64_t mask_ = 0;
};

}  // namespace sekisho::caps
