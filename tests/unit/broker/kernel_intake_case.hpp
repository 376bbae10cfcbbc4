// SPDX-License-Identifier: GPL-2.0-or-later
// An intake, the kernel that it asks, and the requests that it passes on.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "broker/fake_family.hpp"
#include "broker/kernel_intake.hpp"
#include "support/pump.hpp"

namespace ktls::test {

inline KernelHandshake handshake(MessageType type, AuthMode mode = AuthMode::X509) {
  KernelHandshake out;
  out.parameters.message_type = type;
  out.parameters.auth_mode = mode;
  out.parameters.peer_name = "nfs.test";
  return out;
}

class KernelIntakeTest : public testing::Test {
protected:
  void waits(KernelHandshake asked) { kernel.waiting.emplace_back(std::move(asked)); }
  void waits_error(int number) { kernel.waiting.emplace_back(errno_error("accept", number)); }
  void open() {
    intake = KernelIntake::create(
                 loop, std::make_unique<FakeFamily>(kernel),
                 [this](HandshakeRequest r) { requests.push_back(std::move(r)); }, links, options)
                 .value();
  }
  Done finish(MessageType type, const Outcome& outcome) {
    waits(handshake(type));
    open();
    requests.at(0).complete(outcome, -1);
    EXPECT_EQ(kernel.done.size(), 1U);
    return kernel.done.at(0);
  }

  EventLoop loop = EventLoop::create().value();
  Pump pump{loop};
  KernelState kernel;
  KeyringLinks links;
  KernelIntake::Options options;
  std::unique_ptr<KernelIntake> intake;
  std::vector<HandshakeRequest> requests;
};

inline Outcome success(bool authenticated) {
  Outcome outcome;
  outcome.reason = Reason::Success;
  outcome.authenticated = authenticated;
  return outcome;
}

} // namespace ktls::test
