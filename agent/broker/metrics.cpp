// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.hpp"
#include "policy/show.hpp"

namespace ktls {
namespace {

std::string_view role_name(const std::optional<ipc::HandshakeRole>& role) {
  return role ? policy::role_name(*role) : "none";
}

double seconds_of(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

MetricFamily gauge(std::string name, std::string help, double value) {
  return {std::move(name), MetricType::Gauge, std::move(help), {{"", {}, value}}};
}

MetricFamily expiries(const std::vector<OwnCertificate>& certificates) {
  MetricFamily out{"ktls_certificate_expiry_timestamp_seconds", MetricType::Gauge,
                   "When a certificate of this host expires."};
  for (const auto& each : certificates)
    out.samples.push_back({"",
                           {{"credential", escape(each.credential)}, {"file", escape(each.path)}},
                           static_cast<double>(each.facts.not_after)});
  return out;
}

// Lines of a name and a number.
MetricFamily kernel_stat(std::string_view text) {
  MetricFamily out{"ktls_kernel_tls_stat", MetricType::Unknown,
                   "Of /proc/net/tls_stat, for all of kernel TLS in this network namespace."};
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto name = line.substr(0, line.find_first_of(" \t"));
    const auto digits = line.find_first_of("0123456789", name.size());
    std::uint64_t value = 0;
    if (!name.empty() && digits != std::string_view::npos &&
        std::from_chars(line.data() + digits, line.data() + line.size(), value).ec == std::errc())
      out.samples.push_back({"", {{"name", escape(name)}}, static_cast<double>(value)});
  }
  return out;
}

} // namespace

void Metrics::count_handshake(const HandshakeReport& report) {
  const auto role = role_name(report.role);
  const std::string_view origin = report.request.from_kernel() ? "kernel" : "application";
  ++handshakes_[{origin, role, report.outcome.protocol, report.outcome.reason}];
  if (report.outcome.reason != Reason::Success)
    return;
  auto& histogram = durations_[role];
  const auto* bucket =
      std::ranges::find_if(durations, [&](const auto& upper) { return report.took <= upper; });
  if (bucket != durations.end())
    ++histogram.up_to.at(static_cast<std::size_t>(bucket - durations.begin()));
  ++histogram.count;
  histogram.sum += report.took;
}

MetricFamily Metrics::handshakes() const {
  MetricFamily out{"ktls_handshakes", MetricType::Counter, "Handshakes that have ended."};
  for (const auto& [kind, count] : handshakes_) {
    const auto& [origin, role, protocol, reason] = kind;
    out.samples.push_back({"_total",
                           {{"origin", std::string(origin)},
                            {"role", std::string(role)},
                            {"protocol", protocol},
                            {"reason", std::string(facts(reason).name)}},
                           static_cast<double>(count)});
  }
  return out;
}

MetricFamily Metrics::handshake_durations() const {
  MetricFamily out{"ktls_handshake_duration_seconds", MetricType::Histogram,
                   "From the request to the keys in the kernel, of handshakes that succeeded."};
  for (const auto& [role, histogram] : durations_) {
    const auto of_role = std::pair<std::string, std::string>("role", role);
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < durations.size(); ++i) {
      so_far += histogram.up_to.at(i);
      out.samples.push_back({"_bucket",
                             {of_role, {"le", fmt::format("{}", seconds_of(durations.at(i)))}},
                             static_cast<double>(so_far)});
    }
    out.samples.push_back(
        {"_bucket", {of_role, {"le", "+Inf"}}, static_cast<double>(histogram.count)});
    out.samples.push_back({"_count", {of_role}, static_cast<double>(histogram.count)});
    out.samples.push_back({"_sum", {of_role}, seconds_of(histogram.sum)});
  }
  return out;
}

MetricFamily Metrics::ends() const {
  MetricFamily out{"ktls_sessions_ended", MetricType::Counter, "Sessions that have ended."};
  for (std::size_t i = 0; i < ends_.size(); ++i)
    out.samples.push_back({"_total",
                           {{"cause", name_of(static_cast<SessionEnd>(i))}},
                           static_cast<double>(ends_.at(i))});
  return out;
}

MetricFamily Metrics::rekeys() const {
  MetricFamily out{"ktls_rekeys", MetricType::Counter, "Keys of open sessions that were changed."};
  for (const auto& [direction, name] :
       {std::pair(Direction::Transmit, "transmit"), std::pair(Direction::Receive, "receive")})
    out.samples.push_back({"_total",
                           {{"direction", name}},
                           static_cast<double>(rekeys_.at(static_cast<std::size_t>(direction)))});
  return out;
}

std::vector<MetricFamily> Metrics::families(const MetricGauges& now) const {
  std::vector<MetricFamily> out;
  out.push_back(
      {"ktls_build", MetricType::Info, "The agent.", {{"_info", {{"version", KTLS_VERSION}}, 1}}});
  out.push_back(handshakes());
  out.push_back(handshake_durations());
  out.push_back(gauge("ktls_handshakes_in_flight", "Handshakes that have begun and not ended.",
                      static_cast<double>(now.handshakes_in_flight)));
  out.push_back(gauge("ktls_sessions", "Open sessions that were secured here.",
                      static_cast<double>(now.sessions)));
  out.push_back(ends());
  out.push_back(rekeys());
  out.push_back({"ktls_workers_lost",
                 MetricType::Counter,
                 "Handshake processes that ended, or had to be ended, and were replaced.",
                 {{"_total", {}, static_cast<double>(now.lost_workers)}}});
  out.push_back(gauge("ktls_policy_generation", "Of the policy in force; counts up.",
                      static_cast<double>(now.policy_generation)));
  out.push_back(gauge("ktls_key_logged_profiles",
                      "Profiles whose sessions can be decrypted by whoever reads their "
                      "key_log_file.",
                      static_cast<double>(now.key_logged_profiles)));
  if (now.certificates != nullptr)
    out.push_back(expiries(*now.certificates));
  out.push_back(kernel_stat(now.kernel_tls_stat));
  return out;
}

} // namespace ktls
