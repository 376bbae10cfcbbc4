// SPDX-License-Identifier: GPL-2.0-or-later
// flood: a server whose connections are all the agent's to secure, and peers that never let it.
//
//   flood server PORT UID      accepts on all addresses, as this user, and asks the agent for the
//                              server role on each; at SIGTERM prints how many ended with which
//                              reason
//   flood peers PORT COUNT     COUNT connections from as many addresses as 127.1.0.0/16 has, to
//                              127.0.0.1; prints how many were told an alert, when all have ended
//
// KTLSCTL_AGENT_SOCKET names the agent's socket. One thread, nothing blocks.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/fd.hpp"
#include "wire.hpp"

namespace {

using ktls::Fd;
namespace wire = ktls::wire;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

void watch(int poller, int fd, std::uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(poller, operation, fd, &event) < 0)
    die("epoll_ctl");
}

Fd tcp_socket() {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket)
    die("socket");
  return socket;
}

sockaddr_in address_of(std::uint32_t address, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(address);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

// One connection to the agent, with its request under way. Waits its turn in the agent's backlog,
// as libktlsctl does.
Fd ask_agent(int socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = std::getenv("KTLSCTL_AGENT_SOCKET");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  Fd agent(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!agent || ::connect(agent.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
    die("connecting to the agent");
  auto request = wire::make<wire::StartRequest>();
  request.role = wire::Role::Server;
  iovec part{&request, sizeof request};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof socket)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof socket);
  std::memcpy(CMSG_DATA(header), &socket, sizeof socket);
  (void)::sendmsg(agent.get(), &message, MSG_NOSIGNAL); // it may have answered and closed already
  return agent;
}

class Server {
public:
  explicit Server(int port) : listener_(tcp_socket()), poller_(::epoll_create1(EPOLL_CLOEXEC)) {
    const sockaddr_in any = address_of(INADDR_ANY, port);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0 ||
        ::listen(listener_.get(), 4096) < 0)
      die("listening");
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, nullptr);
    signals_ = Fd(::signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK));
    watch(poller_.get(), signals_.get(), EPOLLIN);
    watch(poller_.get(), listener_.get(), EPOLLIN);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count = ::epoll_wait(poller_.get(), events.data(), events.size(), 10);
      for (int i = 0; i < count; ++i) {
        const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == signals_.get())
          return print();
        if (fd == listener_.get())
          accept_some();
        else
          on_reply(fd);
      }
      ask_for_pending();
    }
  }

private:
  static constexpr std::size_t most_requests = 3500; // at a time
  struct Request {
    Fd agent;
    Fd socket;
  };

  void accept_some() {
    for (int i = 0; i < 256; ++i) {
      Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket)
        return;
      pending_.push_back(std::move(socket));
    }
  }
  void ask_for_pending() {
    while (!pending_.empty() && requests_.size() < most_requests) {
      Fd agent = ask_agent(pending_.front().get());
      watch(poller_.get(), agent.get(), EPOLLIN);
      const int fd = agent.get();
      requests_[fd] = {std::move(agent), std::move(pending_.front())};
      pending_.pop_front();
    }
  }
  void on_reply(int agent) {
    wire::StartReply reply{};
    ssize_t size = ::recv(agent, &reply, sizeof reply, MSG_DONTWAIT);
    if (size < 0 && errno == ECONNRESET) // once, before an answer to what was not read
      size = ::recv(agent, &reply, sizeof reply, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
      return;
    wire::StartReply decoded;
    const bool good = size > 0 && wire::decode(&reply, static_cast<std::size_t>(size), decoded);
    ++reasons_[good ? std::string(decoded.reason.view()) : "(no answer)"];
    requests_.erase(agent);
  }
  void print() const {
    for (const auto& [reason, count] : reasons_)
      std::printf("%s %zu\n", reason.c_str(), count);
    std::printf("unanswered %zu\n", requests_.size() + pending_.size());
  }

  Fd listener_;
  Fd poller_;
  Fd signals_;
  std::deque<Fd> pending_;
  std::unordered_map<int, Request> requests_;
  std::map<std::string, std::size_t> reasons_;
};

class Peers {
public:
  Peers(int port, unsigned count)
      : port_(port), count_(count), poller_(::epoll_create1(EPOLL_CLOEXEC)) {}

  void run() {
    std::array<epoll_event, 256> events{};
    while (begun_ < count_ || !open_.empty()) {
      for (int i = 0; i < 64 && begun_ < count_ && open_.size() < most_open; ++i)
        begin();
      const int count = ::epoll_wait(poller_.get(), events.data(), events.size(), 10);
      for (int i = 0; i < count; ++i)
        on_event(events.at(static_cast<std::size_t>(i)));
    }
    std::printf("connections %u\nalerts %zu\n", begun_, alerts_);
  }

private:
  static constexpr std::size_t most_open = 8000;
  enum class Kind { Stalls, Garbage, Resets, HalfCloses, Begins };
  struct Peer {
    Fd socket;
    Kind kind;
    bool connected = false;
  };

  // Most stall.
  static Kind kind_of(unsigned number) {
    constexpr std::array<Kind, 8> kinds{Kind::Stalls, Kind::Garbage,    Kind::Stalls, Kind::Resets,
                                        Kind::Stalls, Kind::HalfCloses, Kind::Begins, Kind::Stalls};
    return kinds.at(number % kinds.size());
  }

  void begin() {
    const unsigned number = begun_++;
    Fd socket = tcp_socket();
    const int on = 1;
    (void)::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto from = address_of(0x7f010000U + number % 0xffffU, 0);
    const auto to = address_of(INADDR_LOOPBACK, port_);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) < 0)
      die("binding");
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0 &&
        errno != EINPROGRESS)
      die("connecting");
    const int fd = socket.get();
    watch(poller_.get(), fd, EPOLLOUT);
    open_.emplace(fd, Peer{std::move(socket), kind_of(number)});
  }

  void on_event(const epoll_event& event) {
    const auto found = open_.find(event.data.fd);
    Peer& peer = found->second;
    if (!peer.connected) {
      peer.connected = true;
      if (!act(peer))
        open_.erase(found);
      else
        watch(poller_.get(), event.data.fd, EPOLLIN, EPOLL_CTL_MOD);
      return;
    }
    std::array<unsigned char, 4096> got{};
    const ssize_t size = ::recv(event.data.fd, got.data(), got.size(), 0);
    if (size > 0) {
      alerts_ += got[0] == 21 ? 1 : 0;
      return;
    }
    if (size == 0 || errno != EAGAIN)
      open_.erase(found);
  }

  // False: it is gone.
  static bool act(const Peer& peer) {
    const linger at_once{1, 0};
    constexpr std::string_view garbage = "GET / HTTP/1.0\r\n\r\n";
    constexpr std::string_view hello("\x16\x03\x01\x00\xc8\x01\x00", 7); // and no more of it
    const auto say = [&](std::string_view text) {
      (void)::send(peer.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    };
    switch (peer.kind) {
    case Kind::Stalls:
      return true;
    case Kind::Garbage:
      say(garbage);
      return true;
    case Kind::Begins:
      say(hello);
      return true;
    case Kind::Resets:
      (void)::setsockopt(peer.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return false;
    case Kind::HalfCloses:
      say(hello);
      (void)::shutdown(peer.socket.get(), SHUT_WR);
      return true;
    }
    return false;
  }

  int port_;
  unsigned count_;
  Fd poller_;
  std::unordered_map<int, Peer> open_;
  unsigned begun_ = 0;
  std::size_t alerts_ = 0;
};

} // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: flood server PORT UID | flood peers PORT COUNT\n", stderr);
    return 2;
  }
  const rlimit enough{100'000, 100'000};
  if (::setrlimit(RLIMIT_NOFILE, &enough) < 0)
    die("setrlimit");
  const int port = std::atoi(arguments[2]);
  const auto number = static_cast<unsigned>(std::atol(arguments[3]));
  if (std::string_view(arguments[1]) == "peers") {
    Peers(port, number).run();
    return 0;
  }
  Server server(port);
  if (::setuid(number) < 0)
    die("setuid");
  server.run();
  return 0;
}
