// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/answer.hpp"

#include <utility>

namespace ktls::identity {

void Answer::take(Step step) {
  if (step.result != StepResult::Skipped) {
    result = step.result;
    user = step.user;
    strength = step.strength;
    source = step.source;
    why = step.why;
    entry = step.entry;
    attribute = step.attribute;
  }
  steps.push_back(std::move(step));
}

std::string_view name_of(Strength strength) {
  switch (strength) {
  case Strength::Weak:
    return "weak";
  case Strength::Strong:
    return "strong";
  }
  return "";
}

std::string_view name_of(StepResult result) {
  switch (result) {
  case StepResult::Match:
    return "match";
  case StepResult::NoMatch:
    return "no-match";
  case StepResult::Deny:
    return "deny";
  case StepResult::Error:
    return "error";
  case StepResult::Ambiguous:
    return "ambiguous";
  case StepResult::Skipped:
    return "skipped";
  }
  return "";
}

} // namespace ktls::identity
