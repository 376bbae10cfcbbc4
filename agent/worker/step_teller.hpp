// SPDX-License-Identifier: GPL-2.0-or-later
// StepTeller: tells the broker the steps of one handshake, as many as it takes of one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "ipc/handshake_step.hpp"
#include "tls/handshake_watch.hpp"

namespace ktls {

class StepTeller final : public tls::HandshakeWatch {
public:
  using Clock = std::chrono::steady_clock;
  using Tell = std::function<void(const ipc::HandshakeStep&)>;
  static constexpr std::size_t max_messages = 48; // beyond these they are only counted

  // `began`: from when on the times count.
  StepTeller(std::uint64_t id, Clock::time_point began, std::function<Clock::time_point()> clock,
             Tell tell)
      : id_(id), began_(began), clock_(std::move(clock)), tell_(std::move(tell)) {}

  void on_step(ipc::StepKind kind, const std::string& text) override;
  void on_message(unsigned type, bool sent) override;
  // Which messages there were, and when each.
  void finish();

private:
  void tell(ipc::StepKind kind, const std::string& text);
  [[nodiscard]] std::uint32_t since() const; // microseconds

  std::uint64_t id_;
  Clock::time_point began_;
  std::function<Clock::time_point()> clock_;
  Tell tell_;
  std::size_t told_ = 0;
  std::size_t messages_ = 0;
  std::string list_; // of the messages
};

} // namespace ktls
