// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/step_teller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tls/hello_text.hpp"

namespace ktls {

std::uint32_t StepTeller::since() const {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(clock_() - began_);
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(since.count(), 0, most));
}

void StepTeller::tell(ipc::StepKind kind, const std::string& text) {
  auto message = wire::make<ipc::HandshakeStep>();
  message.id = id_;
  message.since_us = since();
  message.kind = kind;
  message.text.assign_cut(text);
  tell_(message);
}

// The last place is for the messages.
void StepTeller::on_step(ipc::StepKind kind, const std::string& text) {
  if (told_ + 1 < ipc::HandshakeStep::max_steps) {
    ++told_;
    tell(kind, text);
  }
}

void StepTeller::on_message(unsigned type, bool sent) {
  if (++messages_ <= max_messages)
    list_ += fmt::format("{}{} {} {} us", list_.empty() ? "" : ", ", tls::message_name(type),
                         sent ? "sent" : "came", since());
}

void StepTeller::finish() {
  if (messages_ > max_messages)
    list_ += fmt::format(" and {} more", messages_ - max_messages);
  tell(ipc::StepKind::Messages, list_.empty() ? "none" : list_);
}

} // namespace ktls
