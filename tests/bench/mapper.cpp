// SPDX-License-Identifier: GPL-2.0-or-later
// bench-mapper PROGRAM HELPERS: how long a question to ktls-mapd takes, over a bus of its own.
// Prints rows for the table.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "bus/mapper_client.hpp"
#include "bus/private_bus.hpp"
#include "made_mapping.hpp"

namespace ktls::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// There on each host; a mapping to it has to be allowed by name.
constexpr const char* account = "nobody";

// Configuration and pins, removed with this.
class Files {
public:
  Files(const std::string& mapping, const std::string& pins) {
    std::string made = "/tmp/bench-mapper.XXXXXX";
    check(::mkdtemp(made.data()) != nullptr, "a directory can be made");
    directory_ = made;
    std::ofstream(directory_ / "pins") << pins;
    std::ofstream(config()) << "[mapd]\npins = \"" << (directory_ / "pins").string() << "\"\n"
                            << "[accounts]\nsystem_users = \"" << account << "\"\n"
                            << mapping;
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() { fs::remove_all(directory_); }
  [[nodiscard]] std::string config() const { return directory_ / "mapd.toml"; }

private:
  fs::path directory_;
};

class Mapd {
public:
  Mapd(const std::string& program, const std::string& helpers, const std::string& config)
      : pid_(::fork()) {
    if (pid_ != 0)
      return;
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // a line for each question
    (void)::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--helpers",
            helpers.c_str(), "--caller", "root", nullptr);
    ::_exit(127);
  }
  Mapd(const Mapd&) = delete;
  Mapd& operator=(const Mapd&) = delete;
  ~Mapd() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

private:
  pid_t pid_;
};

class Asker {
public:
  explicit Asker(const MadePeer& peer) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(peer.certificate.data());
    chain_ = {{data, data + peer.certificate.size()}};
    const auto context = peer.context();
    const auto& anchor = *context.anchor_spki;
    context_.anchor_spki.assign(anchor.begin(), anchor.end());
  }

  // Microseconds; none: nobody was found.
  std::optional<double> ask(const std::string& source) {
    std::optional<bus::MapAnswer> answer;
    const auto began = Clock::now();
    client_.map(chain_, context_, std::chrono::seconds(5),
                [&](bus::MapAnswer got) { answer = std::move(got); });
    while (!answer)
      check(loop_.run_once(std::chrono::seconds(10)).value_or(false), "there is an answer");
    const auto took = Clock::now() - began;
    last_ = *answer ? (*answer)->evidence.source : (*answer).error().text;
    if (!*answer || last_ != source)
      return std::nullopt;
    return std::chrono::duration<double, std::micro>(took).count();
  }
  [[nodiscard]] const std::string& last() const { return last_; }

private:
  EventLoop loop_ = EventLoop::create().value();
  std::unique_ptr<bus::Connection> connection_ = bus::Connection::open(loop_, [] {}).value();
  bus::MapperClient client_{*connection_, bus::mapper_name};
  bus::Chain chain_;
  bus::Context context_;
  std::string last_;
};

double median_of_many(const MadePeer& peer, const std::string& source) {
  constexpr int warm_up = 200;
  constexpr std::size_t counted = 2001;
  Asker asker(peer);
  const auto limit = Clock::now() + std::chrono::seconds(60);
  while (!asker.ask(source) && Clock::now() < limit)
    ::usleep(20'000); // it reads its configuration
  for (int i = 0; i < warm_up; ++i)
    (void)asker.ask(source);
  std::vector<double> times;
  while (times.size() < counted) {
    const auto took = asker.ask(source);
    if (!took) {
      fmt::print(stderr, "bench-mapper: not by {}: {}\n", source, asker.last());
      std::exit(1);
    }
    times.push_back(*took);
  }
  const auto middle = times.begin() + counted / 2;
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

int run(const std::string& program, const std::string& helpers) {
  const MadePeer pinned;
  const MadePeer other;
  const Files files(
      filters(100, *other.context().anchor_spki, fmt::format("user = \"{}\"\n", account)),
      pins(100'000) +
          fmt::format("key {} {}\n", policy::pin_text(pinned.peer.spki_sha256), account));
  const bus::test::PrivateBus private_bus;
  const Mapd mapd(program, helpers, files.config());
  constexpr int at_most = 1000;
  fmt::print("a question to ktls-mapd with 100,000 pins, answered by one, us\t{:.0f}\t{}\n",
             median_of_many(pinned, "pin"), at_most);
  fmt::print("a question to ktls-mapd with 100 filters as well, by one, us\t{:.0f}\t{}\n",
             median_of_many(other, "filter"), at_most);
  return 0;
}

} // namespace
} // namespace ktls::bench

int main(int count, char** arguments) {
  if (count != 3) {
    fmt::print(stderr, "usage: bench-mapper KTLS-MAPD HELPERS\n");
    return 2;
  }
  return ktls::bench::run(arguments[1], arguments[2]);
}
