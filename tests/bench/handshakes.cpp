// SPDX-License-Identifier: GPL-2.0-or-later
// bench-handshakes: many mutually authenticated connections, one end of each a client and the other
// a server.
//
//   bench-handshakes make COUNT PAIRS   both ends by the agent; COUNT in all, PAIRS at a time
//   bench-handshakes compare COUNT PAIRS PKI PID...
//       the same, and by GnuTLS alone in this process, by turns; PKI is a directory, the processes
//       are those of the agent. Prints CPU times in microseconds for each connection, both ends
//       together: medians of the turns.
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <string_view>

#include "bench/bare_gnutls.hpp"
#include "bench/processes.hpp"
#include "bench/secured.hpp"

namespace ktls::bench {
namespace {

constexpr int warm_up = 50;

class BareConnections {
public:
  explicit BareConnections(const std::string& pki)
      : client_(load_credentials(pki + "/client.pem", pki + "/client.key", pki + "/ca.pem")),
        server_(load_credentials(pki + "/server.pem", pki + "/server.key", pki + "/ca.pem")) {}

  void make(int count, bool with_tls) {
    for (int i = 0; i < count; ++i) {
      Fd client = listener_.connect();
      const Fd server = listener_.accept();
      prepare_for_tls(client);
      prepare_for_tls(server);
      if (with_tls)
        shake(client, server);
      drop(std::move(client));
    }
  }

private:
  void shake(const Fd& client, const Fd& server) {
    BareEnd there(server.get(), nullptr, server_.get(), priority_.get());
    BareEnd here(client.get(), "localhost", client_.get(), priority_.get());
    bench::shake(here, there);
  }

  TcpListener listener_;
  tls::CredentialsHandle client_;
  tls::CredentialsHandle server_;
  tls::PriorityHandle priority_ = parse_priority();
};

class Samples {
public:
  void add(const std::string& name, double value) { samples_[name].push_back(value); }
  void print_medians() {
    for (auto& [name, values] : samples_) {
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      fmt::print("{} {:.{}f}\n", name, *middle, *middle < 10 ? 3 : 0);
    }
  }

private:
  std::map<std::string, std::vector<double>> samples_;
};

double measure_bare(BareConnections& connections, int count, Samples& samples) {
  const double begin = cpu_us(::getpid());
  connections.make(count, true);
  const double middle = cpu_us(::getpid());
  connections.make(count, false);
  const double end = cpu_us(::getpid());
  // the connections alone are the application's affair in both cases
  const double used = ((middle - begin) - (end - middle)) / count;
  samples.add("bare", used);
  return used;
}

double measure_agent(const std::vector<Process>& processes, int count, int pairs,
                     Samples& samples) {
  std::vector<double> before;
  before.reserve(processes.size());
  for (const auto& process : processes)
    before.push_back(cpu_us(process.pid));
  const double own = cpu_us(::getpid());
  (void)secure_connections(count, pairs);
  samples.add("applications", (cpu_us(::getpid()) - own) / count);
  double total = 0;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const double used = (cpu_us(processes[i].pid) - before[i]) / count;
    samples.add(processes[i].name, used);
    total += used;
  }
  samples.add("agent", total);
  return total;
}

void compare(int count, int pairs, const std::string& pki, const std::vector<Process>& processes) {
  constexpr int turns = 20;
  BareConnections connections(pki);
  connections.make(warm_up, true);
  (void)secure_connections(warm_up, pairs);
  Samples samples;
  for (int i = 0; i < turns; ++i) {
    const double agent = measure_agent(processes, count / turns, pairs, samples);
    samples.add("ratio", agent / measure_bare(connections, count / turns, samples));
  }
  samples.print_medians();
}

void make(int count, int pairs) {
  const auto latencies = secure_connections(count, pairs);
  fmt::print("connections {}\np50-ms {:.1f}\np99-ms {:.1f}\n", latencies.size(),
             percentile(latencies, 50), percentile(latencies, 99));
}

} // namespace
} // namespace ktls::bench

int main(int count, char** arguments) {
  using namespace ktls::bench;
  const std::string_view what = count > 1 ? arguments[1] : "";
  if (what == "make" && count == 4)
    make(std::stoi(arguments[2]), std::stoi(arguments[3]));
  else if (what == "compare" && count > 5)
    compare(std::stoi(arguments[2]), std::stoi(arguments[3]), arguments[4],
            processes_of(count - 5, arguments + 5));
  else
    return 2;
  return 0;
}
