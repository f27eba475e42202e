#include "policy/mount_facts.h"

namespace sekisho::policy {

void CopyOrigin(const MountFacts& from, MountFacts& to) {
  to.origin = from.origin;
  to.plugin = from.plugin;
  to.volume = from.volume;
  to.csi_driver = from.csi_driver;
  to.csi_inline = from.csi_inline;
  to.source = from.source;
  to.remark = from.remark;
}

void CopyOrigin(const DeviceFacts& from, DeviceFacts& to) {
  to.origin = from.origin;
  to.plugin = from.plugin;
  to.volume = from.volume;
  to.remark = from.remark;
}

}  // namespace sekisho::policy
