// Who a projected pod is: what the API server or the kubelet would have given it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "manifest/pod.h"
#include "manifest/project.h"

namespace sekisho::manifest {

struct Identity {
  std::string name;
  std::string namespace_;
  std::string uid;
  std::string directory;  // of the kubelet: <root>/pods/<uid>
};

Identity IdentityOf(const PodManifest& pod, const Options& options);

// `digits` hexadecimal digits that depend on nothing but the text. For what has to look like an id
// and be the same each time; no protection against anybody who wants two texts to give the same.
std::string MadeUpHex(std::string_view text, size_t digits);

// FNV-1a of 32 bits.
uint32_t Fnv32(std::string_view text);

}  // namespace sekisho::manifest
