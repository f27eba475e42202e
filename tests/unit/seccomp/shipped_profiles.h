// The files of seccomp-profiles/, read, compiled and followed once.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "seccomp/filter.h"
#include "seccomp/profile.h"
#include "seccomp/verdicts.h"

namespace sekisho::seccomp {

struct Shipped {
  Profile profile;
  Filter filter;
  Verdicts verdicts;
};

// By name, "web-service". Throws when one cannot be read, with the reason.
const std::map<std::string, Shipped, std::less<>>& ShippedProfiles();

// SEKISHO_SECCOMP_PROFILES/`file`; "" where there is none.
std::string ShippedText(const std::string& file);
void WriteShippedText(const std::string& file, const std::string& text);

// The native number of a call; -1 where the native architecture has none of that name.
int NativeNumber(std::string_view syscall);

}  // namespace sekisho::seccomp
