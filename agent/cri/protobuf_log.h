// What libprotobuf itself writes to stderr.
#pragma once

namespace sekisho::cri {

// Drops it, but for what libprotobuf ends the process over. It writes a line for each text field
// that is not UTF-8, with the field's name: a request of 64 MiB has room for millions of these, and
// whoever may call the agent could fill the journal with them. Nothing is lost: the agent's own
// refusal of such a request says why, and so does the audit log.
//
// For the whole process: called once, before anything is parsed.
void SilenceProtobuf();

}  // namespace sekisho::cri
