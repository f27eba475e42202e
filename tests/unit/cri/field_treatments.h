// What Sekisho does with each field of the messages that it judges.
#pragma once

#include <span>

namespace sekisho::cri {

enum class Treatment {
  kJudged,             // FactsFrom reads it
  kJudgedByItsFields,  // a message whose presence alone says nothing; its fields have rows
  kPresence,           // FactsFrom reads whether it is there, and nothing in it
  kCrossChecked,       // Mismatches() compares it with what was recorded; no fact of its own
  kHarmless,           // no value of it weakens what a level promises
  kLaterOrOpen,        // not judged today, and some value of it may matter
};

// A field may have several rows, each with its own sample.
struct FieldTreatment {
  // "ContainerConfig.log_path". Or "Mount.image/ImageSpec.annotations", which is about the field
  // after the slash where its message is the field before it, and there replaces the other rows.
  const char* field;
  Treatment treatment;
  const char* why = "";     // required where it is not judged
  const char* sample = "";  // text that sets the field, where not any value is noticed
  const char* given = "";   // text that has to be there first
};

std::span<const FieldTreatment> FieldTreatments();

}  // namespace sekisho::cri
