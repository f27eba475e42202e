#include "manifest/identity.h"

#include "base/str_cat.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;

uint64_t Fnv64(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

// The shape of a UUID of version 8 (RFC 9562: made by rules of one's own).
std::string Uuid(std::string_view text) {
  std::string hex = MadeUpHex(text, 32);
  hex[12] = '8';
  hex[16] = '8';
  const std::string_view all = hex;
  return StrCat(all.substr(0, 8), "-", all.substr(8, 4), "-", all.substr(12, 4), "-",
                all.substr(16, 4), "-", all.substr(20));
}

// What a controller puts behind its own name for its pods: with it, patterns such as "web-*" match
// as they will.
std::string_view SuffixOf(std::string_view kind) {
  if (kind == "Deployment") {
    return "-0000000000-00000";  // of the ReplicaSet, of the pod
  }
  if (kind == "CronJob") {
    return "-00000000-00000";  // of the Job, of the pod
  }
  if (kind == "StatefulSet") {
    return "-0";
  }
  return kind == "Pod" ? "" : "-00000";
}

}  // namespace

uint32_t Fnv32(std::string_view text) {
  uint32_t hash = 0x811c9dc5;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  }
  return hash;
}

std::string MadeUpHex(std::string_view text, size_t digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (int part = 0; hex.size() < digits; ++part) {
    uint64_t hash = Fnv64(StrCat(part, ":", text));
    for (int i = 0; i < 16 && hex.size() < digits; ++i, hash >>= 4) {
      hex.push_back(kHex[hash & 15]);
    }
  }
  return hex;
}

Identity IdentityOf(const PodManifest& pod, const Options& options) {
  Identity identity;
  identity.name = base::StrCat(pod.name, SuffixOf(pod.kind));
  identity.namespace_ = pod.namespace_.empty() ? "default" : pod.namespace_;
  if (options.static_node_name.has_value()) {
    identity.name += StrCat("-", *options.static_node_name);
  }
  const std::string full_name = StrCat(identity.namespace_, "/", identity.name);
  if (!pod.uid.empty()) {
    identity.uid = pod.uid;
  } else {
    // A static pod's uid is a hash of 128 bits without dashes.
    identity.uid =
        options.static_node_name.has_value() ? MadeUpHex(full_name, 32) : Uuid(full_name);
  }
  identity.directory = StrCat(options.kubelet_root, "/pods/", identity.uid);
  return identity;
}

}  // namespace sekisho::manifest
