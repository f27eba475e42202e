#include "admin/status_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "admin/refusal_table.h"
#include "admin/text_layout.h"
#include "admin/times.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"

namespace sekisho::admin {
namespace {

using base::StrCat;
using base::Tone;
using sekisho::v1::GetStatusResponse;

// Digits of a hash that tell policies of one node apart.
constexpr size_t kShortHash = 12;

std::string Plural(uint64_t count, std::string_view one, std::string_view many) {
  return StrCat(count, " ", count == 1 ? one : many);
}

// The counters of a map, those that are known in their order and others behind them.
std::vector<Count> CountsOf(const google::protobuf::Map<std::string, uint64_t>& map,
                            std::vector<Count> known) {
  std::map<std::string, uint64_t> others(map.begin(), map.end());
  for (Count& one : known) {
    const auto found = others.find(one.name);
    if (found != others.end()) {
      one.count = found->second;
      others.erase(found);
    }
  }
  for (const auto& [name, count] : others) {
    known.push_back({.name = name, .count = count});
  }
  return known;
}

void PutHeading(const GetStatusResponse& status, TextLayout& out) {
  out.Add(StrCat(
      out.Styled(Tone::kHeading, StrCat("sekisho ", base::Printable(status.version()))), " · ",
      status.ready() ? out.Styled(Tone::kGood, "ready") : out.Styled(Tone::kBad, "not ready"),
      " · up ", Span(status.now_ms() - status.started_ms()), "\n"));
  for (const std::string& reason : status.not_ready_reasons()) {
    out.Line("not ready", reason, Tone::kBad);
  }
}

// What must not be overlooked comes first.
void PutWeakened(const GetStatusResponse& status, TextLayout& out) {
  if (status.weakened().empty()) {
    return;
  }
  out.Section("WEAKENED", Tone::kBad);
  for (const std::string& what : status.weakened()) {
    out.Line("!", what, Tone::kBad);
  }
}

std::string EndpointText(const sekisho::v1::Endpoint& endpoint, std::string_view unreachable) {
  return StrCat(endpoint.socket(), endpoint.software().empty() ? "" : ", ", endpoint.software(),
                endpoint.reachable() ? "" : unreachable);
}

void PutNode(const GetStatusResponse& status, TextLayout& out) {
  out.Section("Agent");
  out.Line("node", StrCat(status.node(), status.group().empty() ? "" : ", group ", status.group()));
  out.Line("process",
           StrCat(status.pid(), ", started ", TimeText(status.started_ms()).value_or("-")));
  out.Line("listens on", EndpointText(status.listen(), ", NOT REACHABLE"),
           status.listen().reachable() ? Tone::kPlain : Tone::kBad);
  out.Line("runtime", EndpointText(status.upstream(), ", DOES NOT ANSWER"),
           status.upstream().reachable() ? Tone::kPlain : Tone::kBad);
  const std::map<std::string, bool> held(status.self_protection().begin(),
                                         status.self_protection().end());
  std::vector<std::string> good;
  std::vector<std::string> bad;
  for (const auto& [what, holds] : held) {
    (holds ? good : bad).push_back(what);
  }
  out.LineIf("protected by", base::StrJoin(good, ", "));
  out.LineIf("NOT by", base::StrJoin(bad, ", "), Tone::kBad);
}

void PutReload(const sekisho::v1::Policy& policy, int64_t now_ms, TextLayout& out) {
  const std::string when = Ago(policy.last_reload_ms(), now_ms);
  if (policy.last_reload_errors().empty()) {
    if (policy.last_reload_ms() != 0) {
      out.Line("last reload", StrCat(when, ", went well"));
    }
    return;
  }
  out.Line("last reload", StrCat("REFUSED, ", when, ": the policy above stays in force"),
           Tone::kBad);
  for (const std::string& error : policy.last_reload_errors()) {
    out.Line("", error, Tone::kBad);
  }
}

void PutPolicy(const GetStatusResponse& status, TextLayout& out) {
  const sekisho::v1::Policy& policy = status.policy();
  out.Section("Policy");
  std::string_view key = "files";
  for (const sekisho::v1::PolicyFile& file : policy.files()) {
    out.Line(key, StrCat(file.path(), file.why().empty() ? "" : StrCat(" (", file.why(), ")")));
    key = "";
  }
  out.Line("in force", StrCat("sha256 ", policy.sha256().substr(0, kShortHash), ", generation ",
                              policy.generation(),
                              policy.has_revision() ? StrCat(", revision ", policy.revision()) : "",
                              ", loaded ", Ago(policy.loaded_ms(), status.now_ms())));
  out.Line("defaults", policy.defaults());
  out.Line("besides", StrCat(Plural(policy.rules(), "rule", "rules"), ", ",
                             Plural(policy.exemptions(), "exemption", "exemptions")));
  for (const std::string& warning : policy.warnings()) {
    out.Line("warning", warning, Tone::kChanged);
  }
  PutReload(policy, status.now_ms(), out);
}

void PutLabels(const GetStatusResponse& status, TextLayout& out) {
  if (!status.has_labels()) {
    return;
  }
  const sekisho::v1::Labels& labels = status.labels();
  out.Section("Namespace labels");
  out.Line("API server", labels.server());
  out.Line("namespaces",
           StrCat(labels.namespaces(), " known",
                  labels.has_age_seconds()
                      ? StrCat(", confirmed ", Span(labels.age_seconds() * 1000), " ago")
                      : ", never confirmed",
                  labels.synced() ? "" : "; not heard of since the agent started"),
           labels.synced() ? Tone::kPlain : Tone::kChanged);
  out.LineIf("last error", labels.last_error(), Tone::kBad);
  out.Line("events", StrCat(labels.events_sent(), " sent, ", labels.events_dropped(), " dropped"),
           labels.events_dropped() == 0 ? Tone::kPlain : Tone::kChanged);
}

void PutCounters(const GetStatusResponse& status, TextLayout& out) {
  const sekisho::v1::Counters& counters = status.counters();
  out.Section("Since the start");
  out.Counts("decisions",
             CountsOf(counters.decisions(), {{.name = "allow", .tone = Tone::kGood},
                                             {.name = "harden", .tone = Tone::kChanged},
                                             {.name = "deny", .tone = Tone::kBad}}));
  out.Counts("calls", CountsOf(counters.calls(), {{.name = "forwarded"},
                                                  {.name = "refused", .tone = Tone::kBad},
                                                  {.name = "rejected", .tone = Tone::kChanged},
                                                  {.name = "cancelled"}}));
  out.Line("sandboxes", StrCat(counters.sandboxes_known(), " known"));
  if (counters.seccomp_ignored() != 0) {
    out.Line("privileged",
             StrCat(Plural(counters.seccomp_ignored(), "container", "containers"),
                    " let through, to which the runtime attaches no seccomp profile"),
             Tone::kChanged);
  }
}

void PutVerification(const GetStatusResponse& status, TextLayout& out) {
  out.Section("Running containers, by the kernel's word");
  if (!status.has_verification()) {
    out.Line("verified", "not yet");
    return;
  }
  const sekisho::v1::Verification& last = status.verification();
  out.Line("verified", Ago(last.time_ms(), status.now_ms()));
  out.Counts("containers", {{.name = "conforming", .count = last.conforming(), .tone = Tone::kGood},
                            {.name = "drifted", .count = last.drifted(), .tone = Tone::kBad}});
  const std::map<std::string, uint64_t> origins(last.by_origin().begin(), last.by_origin().end());
  out.LineIf("of them", base::StrJoin(origins, ", ", [](const auto& origin) {
               return StrCat(origin.second, " ", origin.first);
             }));
  if (last.partly_seen() != 0) {
    out.Line("partly seen",
             StrCat(Plural(last.partly_seen(), "container", "containers"),
                    ": the kernel did not tell everything; `sekisho verify` says what"),
             Tone::kChanged);
  }
  for (const std::string& finding : last.findings()) {
    out.Line("drift", finding, Tone::kBad);
  }
  for (const std::string& error : last.errors()) {
    out.Line("not looked at", error, Tone::kBad);
  }
}

void PutAuditLog(const GetStatusResponse& status, TextLayout& out) {
  const sekisho::v1::AuditLog& log = status.audit_log();
  out.Section("Audit log");
  out.Line("file", log.path());
  out.Line("records",
           StrCat(log.written(), " written",
                  log.lost() == 0 ? std::string(", none lost") : StrCat(", ", log.lost(), " LOST")),
           log.lost() == 0 ? Tone::kPlain : Tone::kBad);
  out.LineIf("last error", log.last_error(), Tone::kBad);
}

}  // namespace

std::string ToText(const GetStatusResponse& status, size_t columns, bool colour) {
  TextLayout out(columns, colour);
  PutHeading(status, out);
  PutWeakened(status, out);
  PutNode(status, out);
  PutPolicy(status, out);
  PutLabels(status, out);
  PutCounters(status, out);
  PutVerification(status, out);
  PutAuditLog(status, out);
  out.Section("Recent refusals");
  PutRefusals(status, out);
  return out.Take();
}

}  // namespace sekisho::admin
