// SPDX-License-Identifier: GPL-2.0-or-later
// bench-sessions: what 100,000 sessions take: memory, and time to list them, here and over a bus of
// its own. Prints rows for the table.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

#include "broker/metrics.hpp"
#include "broker/session_samples.hpp"
#include "broker/session_store.hpp"
#include "broker/session_view.hpp"
#include "bus/agent_client.hpp"
#include "bus/agent_service.hpp"
#include "bus/private_bus.hpp"

namespace ktls::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t count = 100'000;
constexpr std::size_t usual_peers = 1000; // each has a certificate and a user
constexpr std::size_t certificate_size = 1000;

double milliseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}
double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}
std::size_t heap() {
  const auto used = ::mallinfo2();
  return used.uordblks + used.hblkhd;
}

// As one comes from the dispatcher: nothing of it is shared yet.
Session made_session(std::size_t number, std::size_t peers) {
  const auto peer = number % peers;
  auto session = test::sample_session(number + 1);
  const auto address = static_cast<std::uint32_t>(number);
  session.addresses.remote =
      IpAddress::parse(fmt::format("2001:db8::{:x}:{:x}", address >> 16U, address & 0xffffU))
          ->with_port(static_cast<std::uint16_t>(1024 + number % 60'000));
  auto terms = test::sample_terms();
  terms.rule = fmt::format("rule-{}", number % 20);
  session.terms = std::make_shared<const SessionTerms>(std::move(terms));
  Peer one{fmt::format("CN=user{},OU=Operations,O=Example", peer), "CN=Example CA,O=Example", {}};
  one.chain.emplace_back(certificate_size);
  std::memcpy(one.chain.back().data(), &peer, sizeof peer);
  session.peer = std::make_shared<const Peer>(std::move(one));
  auto user = test::alice();
  user.name = fmt::format("user{}", peer);
  session.user = std::make_shared<const MappedUser>(std::move(user));
  session.psk_identity.clear();
  return session;
}

class Registry {
public:
  explicit Registry(std::size_t peers = usual_peers) {
    (void)store_.begin({});
    sessions_.observe({[this](const Session& one) { store_.add(one); }, [](const auto&, auto) {}});
    for (std::size_t i = 0; i < count; ++i)
      sessions_.add(made_session(i, peers));
    check(sessions_.size() == count && store_.size() > 0, "all sessions are kept");
  }
  [[nodiscard]] bus::AgentAnswer<bus::SessionPage> page(const PageQuestion& question) const {
    return page_of(
        sessions_, [this]() -> const auto& { return foreign_; }, question);
  }
  [[nodiscard]] std::size_t in_store() const { return store_.size(); }
  [[nodiscard]] std::vector<bus::Sample> statistics() const {
    MetricGauges now;
    now.sessions = sessions_.size();
    std::vector<bus::Sample> out;
    for (const auto& family : metrics_.families(now)) {
      for (const auto& sample : family.samples)
        out.push_back({family.name + sample.suffix, {}, sample.value});
    }
    return out;
  }

private:
  Sessions sessions_;
  SessionStore store_{{[](const auto&, int) { return true; }, [](const auto&) {}}};
  Metrics metrics_;
  std::vector<Session> foreign_;
};

double bytes_each(std::size_t peers) {
  const auto before = heap();
  const Registry registry(peers);
  const auto certificates = 2 * peers * certificate_size; // in the registry, and in its store
  return static_cast<double>(heap() - before + registry.in_store() - certificates) / count;
}

// A process of its own, as the agent is.
class Server {
public:
  Server() : pid_(::fork()) {
    if (pid_ != 0)
      return;
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve();
    ::_exit(1);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

private:
  static void serve() {
    const Registry registry;
    auto loop = EventLoop::create().value();
    auto connection = bus::Connection::open(loop, [] { ::_exit(0); }).value();
    bus::AgentService::Handlers handlers;
    handlers.list = [&](const auto& filter, auto only_owner, auto after, auto limit) {
      return registry.page({filter, only_owner, after, limit});
    };
    handlers.statistics = [&] { return registry.statistics(); };
    const auto service = bus::AgentService::create(*connection, std::move(handlers)).value();
    check(connection->request_name(bus::agent_name).has_value(), "the name can be had");
    while (loop.run_once(std::chrono::seconds(60)))
      ;
  }
  pid_t pid_;
};

class Asker {
public:
  // Milliseconds.
  template<class T>
  double ask(const std::function<void(std::function<void(bus::Asked<T>)>)>& question) {
    std::optional<bus::Asked<T>> answer;
    const auto began = Clock::now();
    question([&](bus::Asked<T> got) { answer = std::move(got); });
    while (!answer)
      check(loop_.run_once(std::chrono::seconds(20)).value_or(false), "there is an answer");
    const auto took = milliseconds_since(began);
    failed_ = !*answer;
    if constexpr (std::is_same_v<T, bus::SessionPage>) {
      if (*answer)
        page_ = std::move(**answer);
    }
    return took;
  }
  double page(const bus::SessionFilter& filter, std::uint64_t after, std::uint32_t limit) {
    return ask<bus::SessionPage>(
        [&](auto then) { client_.list(filter, after, limit, std::move(then)); });
  }
  double statistics() {
    const auto took =
        ask<std::vector<bus::Sample>>([&](auto then) { client_.statistics(std::move(then)); });
    check(!failed_, "there are statistics");
    return took;
  }
  void wait_for_the_server() {
    const auto limit = Clock::now() + std::chrono::seconds(60);
    do
      (void)page({}, 0, 1);
    while (failed_ && Clock::now() < limit);
    check(!failed_, "the server answers");
  }
  // Of each page, from the first to the last.
  std::vector<double> walk() {
    std::vector<double> times;
    std::size_t seen = 0;
    std::uint64_t after = 0;
    do {
      times.push_back(page({}, after, bus::max_page));
      check(!failed_, "there is a page");
      seen += page_.sessions.size();
      after = page_.next;
    } while (after != 0);
    check(seen == count, "the pages have each session once");
    return times;
  }
  double find_one(std::uint64_t which) {
    bus::SessionFilter filter;
    filter.remote = fmt::format("2001:db8::1:{:x}", which & 0xffffU);
    const auto took = page(filter, 0, bus::max_page);
    check(!failed_ && page_.sessions.size() == 1, "one session has this address");
    return took;
  }

private:
  EventLoop loop_ = EventLoop::create().value();
  std::unique_ptr<bus::Connection> connection_ = bus::Connection::open(loop_, [] {}).value();
  bus::AgentClient client_{*connection_, std::chrono::seconds(10), false};
  bus::SessionPage page_;
  bool failed_ = false;
};

void row(const char* what, double measured, int at_most) {
  fmt::print("{}\t{:.2f}\t{}\n", what, measured, at_most);
}

void run() {
  constexpr int times = 101;
  row("100,000 sessions: memory for each beside its certificates, bytes", bytes_each(usual_peers),
      1024);
  row("the same, each of another peer and user, bytes", bytes_each(count), 2048);
  {
    const Registry registry;
    std::vector<double> pages;
    for (int i = 0; i < times; ++i) {
      const auto began = Clock::now();
      check(registry.page({{}, {}, count / 2, bus::max_page})->sessions.size() == bus::max_page,
            "there is a page");
      pages.push_back(milliseconds_since(began));
    }
    row("a page of 1,000 of them in the agent alone, ms", median(pages), 20);
  }
  const bus::test::PrivateBus private_bus;
  const Server server;
  Asker asker;
  asker.wait_for_the_server();
  row("a page of 1,000 of them over a bus, ms", median(asker.walk()), 20);
  std::vector<double> found;
  std::vector<double> statistics;
  for (int i = 0; i < times; ++i) {
    found.push_back(asker.find_one(static_cast<std::uint64_t>(i) * 300));
    statistics.push_back(asker.statistics());
  }
  row("the one of them that has an address, over a bus, ms", median(found), 20);
  row("statistics over a bus, ms", median(statistics), 20);
}

} // namespace
} // namespace ktls::bench

int main() {
  ktls::bench::run();
  return 0;
}
