// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/show.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <span>

#include "ktlsctl/agent.hpp"
#include "ktlsctl/session_filter.hpp"
#include "ktlsctl/session_json.hpp"
#include "ktlsctl/session_words.hpp"
#include "ktlsctl/terminal.hpp"

namespace ktls::command {
namespace {

struct ShowQuestion {
  std::uint64_t id = 0;
  bool json = false;
  bool pem = false;
};

using DerChain = std::vector<tls::Der>;

Outcome<DerChain> peer_chain(Agent& agent, std::uint64_t id) {
  const auto chain = TRY(agent.ask<bus::Chain>(
      bus::Action::Read, [id](auto& client, auto then) { client.chain(id, std::move(then)); }));
  DerChain out;
  for (const auto& certificate : chain) {
    const auto bytes = std::as_bytes(std::span(certificate));
    out.emplace_back(bytes.begin(), bytes.end());
  }
  return out;
}

Outcome<int> print_pem(Agent& agent, std::uint64_t id) {
  const auto chain = TRY(peer_chain(agent, id));
  if (chain.empty())
    return tl::make_unexpected(
        Trouble{failed, fmt::format("the peer of session {} has shown no certificates, or they are "
                                    "not known",
                                    id)});
  for (const auto& certificate : chain)
    fmt::print("{}", pem_text(certificate));
  return success;
}

Outcome<int> show_session(const ShowQuestion& what) {
  const auto agent = TRY(Agent::open());
  if (what.pem)
    return print_pem(*agent, what.id);
  const auto details =
      TRY(agent->ask<bus::SessionDetails>(bus::Action::Read, [&](auto& client, auto then) {
        client.details(what.id, std::move(then));
      }));
  std::vector<CertificateWords> chain;
  for (const auto& certificate : TRY(peer_chain(*agent, what.id)))
    chain.push_back(words_of(certificate));
  fmt::print("{}", what.json
                       ? json_text(session_json(details, chain))
                       : session_words(details, chain, time_now(), standard_output().palette));
  return success;
}

} // namespace

void add_show(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("show", "Show all that is known of a session");
  auto what = std::make_shared<ShowQuestion>();
  command->add_option("ID", what->id, "Its number, as \"ktlsctl sessions\" has it")
      ->check(CLI::Validator(wrong_number, "", "number"))
      ->required();
  auto* json = command->add_flag("--json", what->json, "For programs: one object");
  command->add_flag("--pem", what->pem, "The peer's certificates alone, its own first, in PEM")
      ->excludes(json);
  command->callback([what, &status] { status = finish(show_session(*what)); });
}

} // namespace ktls::command
