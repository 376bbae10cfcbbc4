// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/step_log.hpp"

#include <fmt/format.h>

#include "broker/message_ids.hpp"

namespace ktls {
namespace {

const char* step_name(ipc::StepKind kind) {
  switch (kind) {
  case ipc::StepKind::Offer:
    return "offer";
  case ipc::StepKind::Choice:
    return "choice";
  case ipc::StepKind::Certificate:
    return "certificate";
  case ipc::StepKind::Verdict:
    return "verdict";
  case ipc::StepKind::User:
    return "user";
  case ipc::StepKind::Messages:
    return "messages";
  }
  return "";
}

} // namespace

std::string line_of(const StepRecord& record) {
  return fmt::format("{}: {} after {} us: {}, profile \"{}\"", record.description,
                     step_name(record.kind), record.since.count(), record.text, record.profile);
}

std::vector<journal::Field> fields_of(const StepRecord& record) {
  return {{"MESSAGE_ID", message_id::step},
          {"KTLS_STEP", step_name(record.kind)},
          {"KTLS_STEP_TEXT", record.text},
          {"KTLS_STEP_USEC", std::to_string(record.since.count())},
          {"KTLS_HANDSHAKE", std::to_string(record.handshake)},
          {"KTLS_RULE", record.rule},
          {"KTLS_PROFILE", record.profile}};
}

bool StepLog::allows() {
  const auto now = EventLoop::Clock::now();
  if (limit_.allows(now))
    return true;
  if (summary_)
    return false;
  auto timer = loop_.on_time(now + LineLimit::window, [this] {
    summary_.reset();
    log::warning("steps of handshakes: those of {} more are left out", limit_.take_left_out());
  });
  check(timer.has_value(), "a timer can be set");
  summary_ = std::move(*timer);
  return false;
}

} // namespace ktls
