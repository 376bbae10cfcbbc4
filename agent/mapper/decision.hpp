// SPDX-License-Identifier: GPL-2.0-or-later
// Decision: whose a certificate was found to be, or why it is nobody's, as the log tells it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_loop.hpp"
#include "base/line_limit.hpp"
#include "bus/mapper1.hpp"

namespace ktls {

// All text is fit to be printed: whatever a peer controls is escaped.
struct Decision {
  bus::MapAnswer answer = tl::make_unexpected(bus::Refused{});
  std::string certificate_sha256; // hexadecimal; empty: it was not read
  std::string subject;
  std::string issuer;
  std::string serial;
  // of who asked
  std::string rule;
  std::string profile;
  std::string remote_address;
};

// For people, on one line; and field by field, with the names of the journal.
std::string line_of(const Decision& decision);
using JournalFields = std::vector<std::pair<std::string_view, std::string>>;
JournalFields fields_of(const Decision& decision);

class DecisionLog {
public:
  // `loop` must outlive it.
  explicit DecisionLog(EventLoop& loop) : loop_(loop) {}

  // Each mapping; of each refusal LineLimit::most a second, then a line that says how many more.
  void write(const Decision& decision);

private:
  void summarise();

  EventLoop& loop_;
  static constexpr std::size_t refusals =
      static_cast<std::size_t>(bus::Refusal::CertificateInvalid) + 1;
  std::array<LineLimit, refusals> limits_;
  EventSource summary_;
};

} // namespace ktls
