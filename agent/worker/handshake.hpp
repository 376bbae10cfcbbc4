// SPDX-License-Identifier: GPL-2.0-or-later
// Handshake: one socket on its way from clear text to kernel TLS.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/event_loop.hpp"
#include "base/fd.hpp"
#include "base/fiber.hpp"
#include "ipc/worker_protocol.hpp"
#include "tls/session.hpp"
#include "worker/signer_client.hpp"
#include "worker/step_teller.hpp"

namespace ktls {

class Handshake : private tls::PskLookup, private tls::UserCheck, private tls::KeyLog {
public:
  struct Handlers {
    // Called exactly once, perhaps before start() returns; never after the object is gone. By then
    // the socket has its keys, or is shut down, and this side's descriptor of it is closed. It may
    // destroy the handshake.
    std::function<void(const ipc::HandshakeFinished&)> finished;
    // For each certificate of the peer, before its user is asked for, or a successful end.
    std::function<void(const ipc::PeerCertificate&)> certificate;
    // Asks for a pre-shared key; the answer is to come to on_psk().
    std::function<void(const ipc::PskRequest&)> ask_psk;
    // Asks whose the certificate is; the answer is to come to on_user().
    std::function<void(const ipc::UserRequest&)> ask_user;
    // Asks which profile is for a peer that asks for this name; the answer is to come to
    // on_profile(), or to abort().
    std::function<void(const ipc::ServerName&)> ask_profile;
    // A step of a handshake whose steps are wanted, before it is finished.
    std::function<void(const ipc::HandshakeStep&)> step;
    // A secret of a handshake whose keys are logged, likewise. It is wiped behind that.
    std::function<void(const ipc::KeyLogEntry&)> key;
  };

  // All references must outlive the handshake.
  Handshake(EventLoop& loop, Fibers& fibers, SignerClient& signers, Handlers handlers);
  ~Handshake() override;
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  // What it is done with. The context must outlive the handshake; the key is read at once.
  struct Profile {
    const tls::Context& context;
    std::span<const std::byte> ticket_key;
    const ipc::SignPermit& permit;
    bool asks_user; // though it may come without
    bool keeps_secrets;
    bool tells_steps;
    bool logs_keys;
  };
  // `profile`: none where the name decides that the peer asks for.
  void start(const ipc::StartHandshake& request, Fd socket, const Profile* profile);
  // With a new time limit, from now on. False when it was not asked for.
  [[nodiscard]] bool on_profile(const Profile& profile, std::chrono::milliseconds timeout);
  // False when it was not asked for.
  [[nodiscard]] bool on_psk(const ipc::PskReply& reply);
  // False when it was not asked for.
  [[nodiscard]] bool on_user(const ipc::UserReply& reply);
  // Tells the peer, then finishes with this reason.
  void abort(Reason reason);

private:
  // What the fiber is suspended for, beside a signature.
  enum class Awaited { Nothing, Psk, User };

  Result<> set_time_limits(const ipc::StartHandshake& request);
  Result<> await_name();
  void look_for_name();
  void begin(const Profile& profile);
  Result<> prepare(const Profile& profile);
  Result<tls::Psk> find(std::string_view identity) override;
  Reason judge(const tls::PresentedChain& chain, const ipc::SpkiHash& anchor) override;
  void on_secret(ipc::KeyLabel label, std::span<const std::byte> client_random,
                 std::span<const std::byte> secret) override;
  [[nodiscard]] bool needs_fiber() const;
  [[nodiscard]] Fiber::Woken await(Awaited what);
  [[nodiscard]] bool uses_psk() const;
  [[nodiscard]] bool heard() const;
  void on_socket(std::uint32_t events);
  void advance();
  void on_advanced();
  void on_deadline();
  void complete();
  Result<> install_keys();
  std::size_t tell_certificates(const tls::PresentedChain& chain) const;
  void finish(Reason reason, std::string_view detail);

  EventLoop& loop_;
  SignerClient& signers_;
  const tls::Context* context_ = nullptr; // none: the name decides, which is awaited
  Handlers handlers_;
  std::uint64_t id_ = 0;
  StepTeller::Clock::time_point sent_{}; // by the broker
  bool anonymous_ = false;
  std::string peer_name_;
  Fd socket_;
  std::optional<StepTeller> steps_; // none: they are not wanted
  std::unique_ptr<tls::Session> session_;
  tls::Session::Step step_ = tls::Session::Step::WantRead;
  bool awaits_profile_ = false;
  bool heard_ = false; // before there was a session
  int looks_ = 0;      // for the name
  std::size_t keys_told_ = 0;
  Awaited awaited_ = Awaited::Nothing;
  std::optional<tls::Psk> psk_;
  bool asks_user_ = false;
  Reason user_reason_ = Reason::InternalError; // what was said of the peer's user
  bool told_certificates_ = false;
  bool unsigned_ = false; // ended while its signature was waited for
  EventSource ready_;
  EventSource deadline_;
  EventSource first_byte_;
  Fiber fiber_; // last: while it is suspended it uses the others
};

} // namespace ktls
