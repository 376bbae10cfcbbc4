// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/event_report.hpp"

#include <fmt/format.h>

#include <variant>

#include "base/text.hpp"
#include "ktlsctl/session_json.hpp"

namespace ktls::command {
namespace {

// "WHAT " before what is known, nothing else.
std::string known(std::string_view what, const std::string& text) {
  return text.empty() ? "" : fmt::format(" {}{}{}", what, what.empty() ? "" : " ", escape(text));
}

std::string quoted_peer(const std::string& peer) {
  return peer.empty() ? "" : fmt::format(" peer \"{}\"", escape(peer));
}

std::string ends_of(const std::string& local, const std::string& remote) {
  if (local.empty() && remote.empty())
    return "";
  return fmt::format(" {} - {}", local.empty() ? "?" : escape(local),
                     remote.empty() ? "?" : escape(remote));
}

std::string peer_of(const bus::SessionDetails& details) {
  return details.psk_identity.empty() ? details.peer_subject : "psk:" + details.psk_identity;
}

struct EventWords {
  const Palette& palette;

  std::string operator()(const bus::OpenedEvent& event) const {
    const auto& details = event.details;
    const auto& row = details.row;
    return fmt::format("{} {}{}{}{}{}{}{}{}", palette.paint(Tone::Good, "opened"), row.id,
                       known("", row.role), ends_of(row.local, row.remote), known("", row.protocol),
                       known("", row.cipher), quoted_peer(peer_of(details)),
                       known("user", row.user), known("rule", row.rule));
  }
  std::string operator()(const bus::EndedEvent& event) const {
    const Tone tone = event.cause == "closed" ? Tone::Plain : Tone::Warning;
    return fmt::format("{} {} {}", palette.paint(Tone::Faint, "ended"), event.id,
                       palette.paint(tone, escape(event.cause)));
  }
  std::string operator()(const bus::FailedHandshake& event) const {
    return fmt::format("{} {}{}{}{}{}{}: {}", palette.paint(Tone::Bad, "failed"),
                       palette.paint(Tone::Strong, escape(event.reason)), known("", event.role),
                       ends_of(event.local, event.remote), quoted_peer(event.peer),
                       known("user", event.user), known("rule", event.rule), escape(event.text));
  }
  std::string operator()(const bus::PolicyEvent& event) const {
    return fmt::format("policy {} is in force", event.generation);
  }
  std::string operator()(const bus::DroppedEvent& event) const {
    return palette.paint(Tone::Warning,
                         fmt::format("dropped {}: there were more at once than ktlsd passes on",
                                     counted(event.count, "event")));
  }
};

struct EventObject {
  const std::string time;

  [[nodiscard]] Json started(const char* name) const { return {{"event", name}, {"time", time}}; }
  Json operator()(const bus::OpenedEvent& event) const {
    auto out = started("session-opened");
    out["session"] = details_json(event.details);
    return out;
  }
  Json operator()(const bus::EndedEvent& event) const {
    auto out = started("session-ended");
    out["id"] = event.id;
    out["cause"] = event.cause;
    return out;
  }
  Json operator()(const bus::FailedHandshake& event) const {
    auto out = started("handshake-failed");
    out["reason"] = event.reason;
    out["text"] = event.text;
    out["origin"] = or_null(event.origin);
    out["role"] = or_null(event.role);
    out["local"] = or_null(event.local);
    out["remote"] = or_null(event.remote);
    out["uid"] = uid_or_null(event.uid);
    out["pid"] = number_or_null(event.pid);
    out["rule"] = or_null(event.rule);
    out["profile"] = or_null(event.profile);
    out["peer"] = or_null(event.peer);
    out["user"] = or_null(event.user);
    return out;
  }
  Json operator()(const bus::PolicyEvent& event) const {
    auto out = started("policy-loaded");
    out["generation"] = event.generation;
    return out;
  }
  Json operator()(const bus::DroppedEvent& event) const {
    auto out = started("dropped");
    out["count"] = event.count;
    return out;
  }
};

} // namespace

std::string event_line(const bus::AgentEvent& event, WallTime when, const Palette& palette) {
  return fmt::format("{} {}\n", palette.paint(Tone::Faint, clock_text(when)),
                     std::visit(EventWords{palette}, event));
}

Json event_json(const bus::AgentEvent& event, WallTime when) {
  return std::visit(EventObject{utc_text(when)}, event);
}

std::string presence_line(bool there, WallTime when, const Palette& palette) {
  return fmt::format("{} {}\n", palette.paint(Tone::Faint, clock_text(when)),
                     there ? palette.paint(Tone::Good, "ktlsd is back")
                           : palette.paint(Tone::Warning, "ktlsd has gone; waiting for it"));
}

Json presence_json(bool there, WallTime when) {
  return {{"event", there ? "agent-back" : "agent-gone"}, {"time", utc_text(when)}};
}

} // namespace ktls::command
