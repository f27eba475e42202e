// Propagation macros for absl::Status; the Abseil that Debian 12 ships has none.
//
// Use them where the caller has nothing to add to the message. Where it has (a file name, a key),
// write the branch out and annotate.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// `lhs` may be a declaration and `holder` is a name: neither can stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define SEKISHO_CONCAT_INNER(a, b) a##b
#define SEKISHO_CONCAT(a, b) SEKISHO_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expr` (an absl::Status) is not OK.
#define SEKISHO_RETURN_IF_ERROR(expr)                   \
  do {                                                  \
    if (absl::Status _status = (expr); !_status.ok()) { \
      return _status;                                   \
    }                                                   \
  } while (false)

// Declares or assigns `lhs` from `expr` (an absl::StatusOr<T>), or returns its status.
#define SEKISHO_ASSIGN_OR_RETURN(lhs, expr) \
  SEKISHO_ASSIGN_OR_RETURN_INNER(SEKISHO_CONCAT(_status_or_, __LINE__), lhs, expr)
#define SEKISHO_ASSIGN_OR_RETURN_INNER(holder, lhs, expr) \
  auto holder = (expr);                                   \
  if (!holder.ok()) {                                     \
    return std::move(holder).status();                    \
  }                                                       \
  lhs = std::move(holder).value()
// NOLINTEND(bugprone-macro-parentheses)
