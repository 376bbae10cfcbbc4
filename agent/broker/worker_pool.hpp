// SPDX-License-Identifier: GPL-2.0-or-later
// WorkerPool: the signers and the workers of one snapshot, kept running.
//
// Keys in files share a signer, each key in a token has one of its own, so that a slow or broken
// token holds up nobody else. The signers are started first and load their keys; then come the
// workers, each with a channel of its own to each signer. Whichever ends is started again after a
// delay that grows while it keeps ending. A new signer gets new channels to the workers that run.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "base/process.hpp"
#include "broker/heartbeat.hpp"
#include "broker/snapshot.hpp"
#include "broker/workers.hpp"
#include "ipc/connection.hpp"
#include "ipc/signer_protocol.hpp"
#include "ipc/worker_protocol.hpp"
#include "tls/sign_permit.hpp"

namespace ktls {

class WorkerPool final : public Workers {
public:
  struct Handlers {
    std::function<void()> on_available; // a worker became ready
    std::function<void(Index, const ipc::HandshakeFinished&)> on_finished;
    // Of the peer of a handshake that asked for it, before it finishes.
    std::function<void(Index, const ipc::PeerCertificate&)> on_certificate;
    // A handshake of the worker needs a pre-shared key; give_psk() is to follow.
    std::function<void(Index, const ipc::PskRequest&)> on_psk_request;
    // A handshake asks whose a certificate is; give_user() is to follow.
    std::function<void(Index, const ipc::UserRequest&)> on_user_request;
    // A handshake whose profile the name decides has come to know it; choose() is to follow.
    std::function<void(Index, const ipc::ServerName&)> on_server_name;
    // A step of a handshake whose steps are wanted.
    std::function<void(Index, const ipc::HandshakeStep&)> on_step;
    // A secret of one whose keys are logged. The pool wipes it.
    std::function<void(Index, const ipc::KeyLogEntry&)> on_key;
    std::function<void(Index, Loss)> on_lost; // its handshakes will not finish
    // The signers have all keys of the snapshot. Optional.
    std::function<void()> on_keys_loaded;
    // A signer ended; or, in a trial, another has loaded its keys behind that. Optional.
    std::function<void()> on_signer_lost;
    // Keys or certificates that cannot be used. Before the first worker is ready the process has no
    // use; later the pool keeps trying.
    std::function<void(const std::string&)> on_unusable;
  };

  // For a signer to load its keys, a token's answers included.
  static constexpr std::chrono::seconds load_limit{30};
  // A signer is asked this often whether it still answers, while there are handshakes, and has as
  // long for it: a slow token may be signing.
  static constexpr std::chrono::seconds signer_heartbeat{10};

  // Then old tickets lead to full handshakes. GnuTLS derives a new key from it each few hours
  // besides.
  static constexpr std::chrono::hours ticket_key_life{1};

  // Until its first worker is ready it is a trial, and starts nothing again. A pool of no workers
  // only has the keys loaded.
  // `loop` and `snapshot` must outlive the pool. `helpers`: the directory of ktlsd-worker and
  // ktlsd-signer.
  WorkerPool(EventLoop& loop, std::string helpers, const Snapshot& snapshot, unsigned workers,
             Handlers handlers);

  void start_all();
  // Some signer has not said of each of its keys whether it can use it.
  [[nodiscard]] bool is_loading_keys() const;

  [[nodiscard]] std::optional<Index> pick() const override;
  bool start(Index worker, const ipc::StartHandshake& request, int socket) override;
  void cancel(Index worker, std::uint64_t id) override;
  void give_psk(Index worker, const ipc::PskReply& reply) override;
  void give_user(Index worker, const ipc::UserReply& reply) override;
  void choose(Index worker, ipc::ChooseProfile choice) override;
  void replace(Index worker) override;

private:
  enum class Phase { Down, Starting, Ready };
  struct Child {
    Phase phase = Phase::Down;
    std::optional<Process> process;
    std::unique_ptr<ipc::Connection> connection;
    Backoff backoff;
    Backoff::Clock::time_point started;
    bool told_why = false; // what makes it of no use was handed on
    EventSource restart;
  };
  struct Signer : Child {
    std::uint32_t token_key = 0; // the key that it is for; 0: all that are in files
    std::size_t keys_missing = 0;
    EventSource load_limit;
    std::optional<Heartbeat> heartbeat; // while it is ready
  };
  struct Slot : Child {
    std::uint64_t serial = 0; // of this process, and of no other
    std::size_t handshakes = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> undecided; // when their permits are to expire
  };

  static std::uint32_t signer_of(const KeySource& key); // its Signer::token_key
  void start_signer(Signer& signer);
  Result<> try_start_signer(Signer& signer);
  Result<> ask_to_load(Signer& signer);
  void on_signer_packet(Signer& signer, const ipc::Packet& packet);
  void on_key_answer(Signer& signer, std::uint32_t id,
                     const std::function<std::string(const KeySource&)>& flaw);
  void on_signer_ready(Signer& signer);
  void on_cut_off(const ipc::WorkerCutOff& message);
  void lose_signer(Signer& signer, const std::string& why);

  void start_worker(Index index);
  Result<> try_start_worker(Index index);
  Result<> start(Slot& slot, ipc::StartHandshake& message, int socket);
  void connect(Index index, Signer& signer);
  static Result<> try_connect(Slot& slot, Signer& signer);
  [[nodiscard]] Result<ipc::SignPermit> permit(const Slot& slot, std::uint64_t handshake,
                                               std::uint32_t profile,
                                               std::uint64_t expires_ns) const;
  void on_worker_packet(Index index, const ipc::Packet& packet);
  void on_worker_ended(Index index);
  void lose_worker(Index index, const std::string& why);
  Process::End end_worker(Index index, const std::string& why);
  Result<> make_ticket_key();
  Result<> renew_ticket_key();
  void give_ticket_key(Slot& slot);

  // Ends the child, and calls `again` after the back-off; logs what nobody was told.
  Process::End lose(Child& child, std::string_view name, const std::string& why,
                    std::function<void()> again);

  EventLoop& loop_;
  std::string helpers_;
  const Snapshot& snapshot_;
  Handlers handlers_;
  std::optional<Secret> ticket_key_; // none: no profile has tickets
  EventSource ticket_timer_;
  std::optional<Secret> permit_secret_; // from start_all() on
  bool keys_loaded_ = false;            // all of them, once
  bool trial_ = true;
  std::deque<Signer> signers_; // the first is for keys in files; none is moved
  std::uint64_t last_serial_ = 0;
  std::vector<Slot> slots_;
};

} // namespace ktls
