// SPDX-License-Identifier: GPL-2.0-or-later
// agent.sock of an intake, and applications that connect to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "broker/application_intake.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls::test {

inline wire::StartRequest good_request() {
  auto request = wire::make<wire::StartRequest>();
  request.role = wire::Role::Client;
  request.timeout_ms = 2000;
  EXPECT_TRUE(request.peer_name.assign("server.test"));
  return request;
}

class Application {
public:
  explicit Application(const std::string& path) : channel_(connect_to(path)) {}
  template<class Request>
  void ask(const Request& request, int socket) {
    EXPECT_EQ(channel_.send(std::as_bytes(std::span(&request, 1)), socket), true);
  }
  // The answer, which has to be the last message.
  wire::StartReply answer() {
    wire::StartReply reply{};
    auto received = channel_.receive().value();
    const auto* packet = std::get_if<ipc::Packet>(&received);
    EXPECT_TRUE(packet != nullptr && wire::decode(packet->data.data(), packet->data.size(), reply));
    EXPECT_TRUE(std::holds_alternative<ipc::Closed>(channel_.receive().value()));
    return reply;
  }
  // The next message, if it is one of these.
  template<class Message>
  std::optional<Message> next() {
    Message message{};
    auto received = channel_.receive().value();
    const auto* packet = std::get_if<ipc::Packet>(&received);
    if (packet == nullptr || !wire::decode(packet->data.data(), packet->data.size(), message))
      return std::nullopt;
    return message;
  }
  ipc::Received receive() { return channel_.receive().value(); }
  bool is_closed() { return std::holds_alternative<ipc::Closed>(channel_.receive().value()); }
  // As answer(), of an agent that has not read all that it was sent.
  wire::StartReply reply_after_reset() {
    wire::StartReply reply{};
    ssize_t size = -1;
    for (int i = 0; i < 2 && size < 0; ++i)
      size = ::recv(channel_.fd(), &reply, sizeof reply, MSG_DONTWAIT);
    EXPECT_EQ(size, static_cast<ssize_t>(sizeof reply));
    return reply;
  }
  void ask_nothing() { EXPECT_EQ(::send(channel_.fd(), nullptr, 0, MSG_NOSIGNAL), 0); }
  bool has_nothing() { return std::holds_alternative<ipc::Nothing>(channel_.receive().value()); }
  void vanish() { (void)Fd(channel_.release()); }

private:
  static ipc::Channel connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return ipc::Channel(std::move(socket));
  }
  ipc::Channel channel_;
};

class ApplicationIntakeTest : public testing::Test {
protected:
  Result<std::unique_ptr<ApplicationIntake>> try_create(const std::string& at, Fd inherited = {}) {
    ApplicationIntake::Handlers handlers;
    handlers.submit = [this](HandshakeRequest request) {
      requests.push_back(std::move(request));
      on_submit();
      return requests.size();
    };
    handlers.cancel = [this](std::uint64_t id) { cancelled.push_back(id); };
    handlers.asked_facts = [this] { return asked_facts; };
    handlers.add_socket_facts = [](policy::Facts&, int) {};
    handlers.reload = [this](ApplicationIntake::Reloaded done) {
      ++reloads;
      reload = std::move(done);
    };
    handlers.revalidate = [this](Revalidator::Done done) {
      revalidations.push_back(std::move(done));
    };
    handlers.rekey = [this](wire::RekeyStep step, int) {
      rekeys.push_back(step);
      return failure(rekeyed);
    };
    handlers.control = [this](uid_t, int) -> tl::expected<std::uint64_t, Outcome> {
      if (controllable)
        return 7;
      return tl::make_unexpected(failure(Reason::KeyUpdateUnsupported));
    };
    handlers.controlled = [this](std::uint64_t cookie, uid_t, ipc::Channel channel) {
      EXPECT_EQ(cookie, 7U);
      controls.push_back(std::move(channel));
    };
    return ApplicationIntake::create(loop, at, limits, std::move(handlers), std::move(inherited));
  }
  void open() { intake = try_create(path).value(); }
  Application asking(const wire::StartRequest& request = good_request()) {
    Application application(path);
    application.ask(request, socket.ours.get());
    pump.until_idle();
    return application;
  }

  EventLoop loop = EventLoop::create().value();
  Pump pump{loop};
  TemporaryDirectory directory;
  std::string path = directory.file("agent.sock");
  Pair socket = unix_pair();
  ApplicationIntake::Limits limits{std::chrono::hours(1), std::chrono::seconds(10), 1000, 1000};
  std::vector<HandshakeRequest> requests;
  std::vector<Revalidator::Done> revalidations;
  std::vector<wire::RekeyStep> rekeys;
  Reason rekeyed = Reason::Success;
  bool controllable = true;
  std::vector<ipc::Channel> controls;
  std::vector<std::uint64_t> cancelled;
  policy::AskedFacts asked_facts;
  int reloads = 0;
  ApplicationIntake::Reloaded reload; // of the last one who asked
  std::function<void()> on_submit = [] {};
  std::unique_ptr<ApplicationIntake> intake;
};

} // namespace ktls::test
