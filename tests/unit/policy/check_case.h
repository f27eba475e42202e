// Table rows for the checks: what is done to a legal request, and what must be found wrong with it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

using Names = std::vector<std::string>;

// All that a check is given.
struct Request {
  Spec spec;
  SandboxFacts sandbox;
  ContainerFacts container;
};

// A request that breaks no level and needs no edit: the least of what restricted demands, under the
// policy that holds before a file says anything, but that every violation is denied.
Request LegalRequest(Level level);

// One row. `edit` makes the legal request illegal, or strange but still legal.
struct CheckCase {
  std::string_view why;
  void (*edit)(Request&);
  std::string_view failing = {};  // ids, in the order of the report, with blanks between them
  // "reason (detail)" of one of them, letter for letter. Empty: not looked at in this row.
  std::string_view text = {};
};

enum class Judged { kSandbox, kContainer };

// Rows that are all judged at the same level, as the same kind of request.
struct CheckTable {
  std::string_view name;
  Level level;
  Judged judged;
  std::span<const CheckCase> rows;
  void (*given)(Request&) = nullptr;  // what holds of every row, before its edit
};

// The decision about the row's request, at the table's level or another one.
Decision Judge(const CheckTable& table, const CheckCase& row, Level level);
// Holds every row of the table against the checks.
void ExpectRows(const CheckTable& table);

// EvaluateSandbox.
Decision OfSandbox(const Request& request);

// EvaluateContainer.
Decision OfContainer(const Request& request);
// That the container is hardened, and that the result is legal and needs no further edit. `lines`:
// "field: before -> after" of each edit; none for a container that is allowed as it is.
void ExpectHardened(const Request& request, std::string_view lines);
// The same of the sandbox.
void ExpectSandboxHardened(const Request& request, std::string_view lines);

// The checks' ids, with blanks between them.
std::string Ids(const std::vector<Violation>& violations);
// As Kubernetes prints it: `reason (detail)`, or the reason alone.
std::string Text(const Violation& violation);

// Every table of the program, for what must hold of all of them. By file: checks_<name>_test.cc.
std::vector<CheckTable> AllTables();
std::vector<CheckTable> BackDoorTables();
std::vector<CheckTable> BaselineTables();
std::vector<CheckTable> CapabilityTables();
std::vector<CheckTable> IntegrityTables();
std::vector<CheckTable> LocalhostProfileTables();
std::vector<CheckTable> MountTables();
std::vector<CheckTable> ProcMountTables();
std::vector<CheckTable> ProfileTables();
std::vector<CheckTable> RestrictedTables();
std::vector<CheckTable> SeccompTables();
std::vector<CheckTable> VolumeTables();

// --- edits that several tables use
// -----------------------------------------------------------------

// What hostUsers=false looks like: ids of the pod's own, on the sandbox and on the container.
UserNamespace OwnUsers();
void EnterUserNamespace(Request& request);
// procMount: Unmasked.
void Unmask(Request& request);

}  // namespace sekisho::policy
