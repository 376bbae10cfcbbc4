// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/agent_table.hpp"

#include <array>

#include "policy/path_values.hpp"

namespace ktls::policy {
namespace {

constexpr std::array<Key, 16> agent_key_list{{
    {"socket", ""},
    {"workers", ""},
    {"default_action", ""},
    {"watch_files", ""},
    {"allow_key_logging", ""},
    {"handshake_timeout", ""},
    {"first_byte_timeout", "HandshakeTimeout"},
    {"request_timeout", ""},
    {"revalidation_interval", ""},
    {"network_namespaces", ""},
    {"max_handshakes", ""},
    {"max_queued", ""},
    {"max_handshakes_per_uid", ""},
    {"max_handshakes_per_address", ""},
    {"max_connections", ""},
    {"max_connections_per_uid", ""},
}};

constexpr std::array<Choice<Action>, 2> default_actions{{
    {"deny", "", Action::Deny},
    {"clear", "", Action::Clear},
}};

bool is_empty_list(const Entry* entry) {
  const auto* list = entry == nullptr ? nullptr : entry->value->as_array();
  return list != nullptr && list->empty();
}

} // namespace

std::span<const Key> agent_keys() {
  return agent_key_list;
}

AgentSettings read_agent(const Table& in) {
  constexpr std::chrono::seconds longest{max_timeout_seconds};
  AgentSettings out;
  if (const auto path = read_path(in, "socket", PathKind::Path))
    out.socket = path->path;
  in.read("workers", 0, max_workers, out.workers);
  in.read("watch_files", out.watch_files);
  in.read("allow_key_logging", out.allow_key_logging);
  in.read("handshake_timeout", longest, out.handshake_timeout);
  in.read("first_byte_timeout", longest, out.first_byte_timeout);
  in.read("request_timeout", longest, out.request_timeout);
  unsigned interval = 0;
  in.read("revalidation_interval", 0, max_revalidation_interval, interval);
  out.revalidation_interval = std::chrono::seconds(interval);
  in.read("max_handshakes", 1, max_count, out.max_handshakes);
  in.read("max_queued", 0, max_count, out.max_queued);
  in.read("max_handshakes_per_uid", 1, max_count, out.max_handshakes_per_uid);
  in.read("max_handshakes_per_address", 1, max_count, out.max_handshakes_per_address);
  in.read("max_connections", 1, max_count, out.max_connections);
  in.read("max_connections_per_uid", 1, max_count, out.max_connections_per_uid);
  if (!is_empty_list(in.find("network_namespaces")))
    out.network_namespaces =
        read_paths(in, "network_namespaces", PathKind::Path, max_network_namespaces);
  return out;
}

Action read_default_action(const Table& in) {
  auto out = Action::Deny;
  in.read("default_action", default_actions, out);
  return out;
}

} // namespace ktls::policy
