// SPDX-License-Identifier: GPL-2.0-or-later
// bench-mapping: reading many pins, what they take of memory, and finding a certificate's user.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include "identity/mapping.hpp"
#include "identity/peer_identity.hpp"
#include "made_mapping.hpp"

namespace ktls::bench {
namespace {

using identity::Mapping;
using identity::PeerIdentity;
namespace der = test::der;

Mapping mapping_of(const std::string& text, const std::string& pins) {
  const std::vector<policy::SourceFile> files{{"m", text}};
  auto read = identity::parse_mapping(
      files, [&](const std::string&) -> Result<std::string> { return pins; });
  if (!read)
    fmt::print(stderr, "{}\n", read.error().lines.front());
  return std::move(read).value();
}

const MadePeer& made() {
  static const MadePeer one;
  return one;
}

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// VmHWM or VmRSS, in MiB.
double resident(std::string_view what) {
  std::FILE* file = std::fopen("/proc/self/status", "re");
  char line[256];
  double kib = 0;
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
    if (std::string_view(line).starts_with(what))
      kib = std::atof(line + what.size() + 1);
  }
  if (file != nullptr)
    (void)std::fclose(file);
  return kib / 1024;
}

// The first: what is resident is its own.
void load_pins(benchmark::State& state) {
  const auto text = pins(static_cast<unsigned>(state.range(0)));
  const auto before = allocated();
  for (auto _ : state) {
    const auto mapping = mapping_of("[mapd]\npins = \"/p\"\n", text);
    state.counters["kept_MiB"] = static_cast<double>(allocated() - before) / (1024 * 1024);
  }
  state.counters["peak_rss_MiB"] = resident("VmHWM");
}

void map_by_pin(benchmark::State& state) {
  const auto& [authority, key, certificate, peer] = made();
  const auto all = pins(static_cast<unsigned>(state.range(0))) +
                   fmt::format("key {} alice\n", policy::pin_text(peer.spki_sha256));
  const auto mapping = mapping_of("[mapd]\npins = \"/p\"\n", all);
  const auto context = made().context();
  for (auto _ : state)
    benchmark::DoNotOptimize(mapping.map(peer, context));
}

// Below one anchor; the one that matches is asked among all.
void map_by_filter(benchmark::State& state) {
  const auto context = made().context();
  const auto text = filters(static_cast<int>(state.range(0)), *context.anchor_spki,
                            "user = \"{subject_rfc822_name.short_name}\"\nrealm = \"ex.org\"\n");
  const auto mapping = mapping_of(text, "");
  for (auto _ : state)
    benchmark::DoNotOptimize(mapping.map(made().peer, context));
}

void read_certificate(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(PeerIdentity::parse(der::bytes(made().certificate)));
}

// As long and as ambiguous as patterns and names can be, up to where it is given up.
void map_hostile_names(benchmark::State& state) {
  const auto context = made().context();
  std::string text =
      fmt::format("[anchor.ca]\nspki_sha256 = \"{}\"\n", policy::pin_text(*context.anchor_spki));
  for (int i = 0; i < 100; ++i)
    text += fmt::format("[[filter]]\nname = \"f{0}\"\nanchor = \"ca\"\nuser = \"u{0}\"\n"
                        "match = '<SAN:dNSName>(.*a.*)*.{{200}}{0}[b]'\n",
                        i);
  const auto mapping = mapping_of(text, "");
  std::string names;
  for (int i = 0; i < 60; ++i)
    names += test::extension::dns(std::string(1024, 'a'));
  const auto certificate = made().authority.issue(
      {.subject = der::name("x"), .extensions = {test::extension::names(names)}}, made().key);
  const auto peer = PeerIdentity::parse(der::bytes(certificate)).value();
  for (auto _ : state)
    benchmark::DoNotOptimize(mapping.map(peer, context));
}

BENCHMARK(load_pins)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(map_by_pin)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(map_by_filter)->Arg(1)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);
BENCHMARK(read_certificate)->Unit(benchmark::kMicrosecond);
BENCHMARK(map_hostile_names)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace ktls::bench
