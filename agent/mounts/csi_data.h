// What the kubelet's CSI plugin notes beside a volume: <volume>/vol_data.json.
#pragma once

#include <string>
#include <string_view>

namespace sekisho::mounts {

struct CsiData {
  std::string driver = {};
  bool is_inline = false;  // declared in the pod: volumeLifecycleMode Ephemeral

  friend bool operator==(const CsiData&, const CsiData&) = default;
};

// Empty and false for what is not such a file.
CsiData ParseCsiData(std::string_view json);

// The file in the volume's directory, an O_PATH descriptor. A symlink is not followed.
CsiData ReadCsiData(int volume_directory);

}  // namespace sekisho::mounts
