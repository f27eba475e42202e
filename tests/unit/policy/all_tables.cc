// Apart from check_case.cc, which other test programs use without the tables.
#include "unit/policy/check_case.h"

namespace sekisho::policy {

std::vector<CheckTable> AllTables() {
  std::vector<CheckTable> all;
  for (auto* tables : {BackDoorTables, BaselineTables, CapabilityTables, IntegrityTables,
                       LocalhostProfileTables, MountTables, ProcMountTables, ProfileTables,
                       RestrictedTables, SeccompTables, VolumeTables}) {
    for (const CheckTable& table : tables()) {
      all.push_back(table);
    }
  }
  return all;
}

}  // namespace sekisho::policy
