#include "record/report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::record {
namespace {

using base::StrCat;
using nlohmann::json;

uint64_t RecordsOf(const Evidence& evidence, const std::string& id) {
  const auto found = evidence.sum.records_of.find(id);
  return found == evidence.sum.records_of.end() ? 0 : found->second;
}

std::string ContainersText(const Evidence& evidence) {
  std::string text = StrCat("containers: ", evidence.containers.size(), "\n");
  for (const RecordedContainer& container : evidence.containers) {
    text +=
        StrCat("  ", container.namespace_, "/", container.pod, "/", container.name, " (",
               container.id.substr(0, 13), "): ", RecordsOf(evidence, container.id), " records\n");
  }
  return text;
}

std::string RecordsText(const Evidence& evidence, const Lesson& lesson) {
  const Ledger::Sum& sum = evidence.sum;
  std::string text = StrCat("records: ", sum.recorded.records, " of these containers, ",
                            sum.elsewhere, " of other processes, ", sum.unknown.records,
                            " of processes that ended before they could be looked up\n");
  if (!lesson.guessed.empty()) {
    text += StrCat("  only the last made these, which are ",
                   lesson.guesses_included
                       ? "in the profile because nothing else was logging, look at them: "
                       : "not in the profile because other processes were logging too: ",
                   base::StrJoin(lesson.guessed, ", "), "\n");
  }
  return text;
}

std::string LostText(const Losses& losses) {
  return StrCat("lost: ", losses.missing, " records by their numbers, ",
                losses.in_kernel.has_value() ? StrCat(*losses.in_kernel) : "unknown",
                " by the kernel's count, ", losses.overruns, " overruns\n");
}

std::string ComparisonText(const Comparison& comparison) {
  std::string text = StrCat("RuntimeDefault: allows ", comparison.allowed_default,
                            " system calls (with containerd's default capabilities), this profile ",
                            comparison.allowed, "\n");
  if (!comparison.beyond.empty()) {
    text += StrCat("  RuntimeDefault refuses, this profile allows: ",
                   base::StrJoin(comparison.beyond, ", "), "\n");
  }
  return text;
}

std::string CompleteText(const Report& report) {
  if (report.lesson.complete()) {
    return "complete: yes, nothing was lost; what the containers did not do in this time is not in "
           "it\n";
  }
  return StrCat("complete: NO\n", base::StrJoin(report.lesson.doubts, "", [](const auto& doubt) {
                  return StrCat("  ", doubt, "\n");
                }));
}

json LossesJson(const Losses& losses) {
  json object;
  object["overruns"] = losses.overruns;
  object["missing"] = losses.missing;
  object["unreadable"] = losses.unreadable;
  object["endSeen"] = losses.end_seen;
  if (losses.in_kernel.has_value()) {
    object["inKernel"] = *losses.in_kernel;
  } else {
    object["inKernel"] = nullptr;
  }
  return object;
}

json ContainersJson(const Evidence& evidence) {
  json list = json::array();
  for (const RecordedContainer& container : evidence.containers) {
    list.push_back({{"namespace", container.namespace_},
                    {"pod", container.pod},
                    {"container", container.name},
                    {"id", container.id},
                    {"records", RecordsOf(evidence, container.id)}});
  }
  return list;
}

}  // namespace

std::string ToText(const Report& report) {
  const Evidence& evidence = report.evidence;
  std::string text = StrCat("recorded ", evidence.lasted.count(), " s",
                            evidence.ended_early ? ", ended early\n" : "\n");
  text += ContainersText(evidence);
  text += StrCat("system calls: ", report.lesson.observed, " seen");
  if (report.file.empty()) {
    text += "; nothing was written\n";
  } else {
    text += StrCat(", ", report.in_file, " in ", report.file,
                   report.merged ? " with those that a container needs to start and those of "
                                   "earlier recordings\n"
                                 : " with those that a container needs to start\n");
  }
  if (!report.conditional.empty()) {
    text += StrCat("  with RuntimeDefault's conditions on arguments, which records do not hold: ",
                   base::StrJoin(report.conditional, ", "), "\n");
  }
  text += RecordsText(evidence, report.lesson);
  text += LostText(evidence.losses);
  if (report.comparison.has_value()) {
    text += ComparisonText(*report.comparison);
  }
  text += CompleteText(report);
  if (!evidence.containers.empty()) {
    text +=
        "The containers above keep the logging profile, which refuses nothing, until they are "
        "created anew.\n";
  }
  return text;
}

std::string ToJson(const Report& report) {
  const Evidence& evidence = report.evidence;
  json object;
  object["seconds"] = evidence.lasted.count();
  object["endedEarly"] = evidence.ended_early;
  object["containers"] = ContainersJson(evidence);
  object["records"] = {{"recorded", evidence.sum.recorded.records},
                       {"elsewhere", evidence.sum.elsewhere},
                       {"unattributed", evidence.sum.unknown.records}};
  object["lost"] = LossesJson(evidence.losses);
  object["systemCalls"] = {{"seen", report.lesson.observed}, {"inFile", report.in_file}};
  object["systemCalls"]["conditional"] = report.conditional;
  object["unattributed"] = {{"systemCalls", report.lesson.guessed},
                            {"included", report.lesson.guesses_included}};
  object["file"] = report.file;
  object["merged"] = report.merged;
  object["complete"] = report.lesson.complete();
  object["incompleteBecause"] = report.lesson.doubts;
  if (report.comparison.has_value()) {
    object["runtimeDefault"] = {{"allowed", report.comparison->allowed_default},
                                {"allowedHere", report.comparison->allowed},
                                {"beyond", report.comparison->beyond}};
  }
  return StrCat(object.dump(2, ' ', false, json::error_handler_t::replace), "\n");
}

}  // namespace sekisho::record
