// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/log.hpp"

namespace ktls {
namespace {

// Whatever is wrong, it is one line: there may be as many records as there were sessions.
std::vector<Session> stored_sessions(int memory) {
  RecordReader reader;
  std::size_t unread = 0;
  std::string last;
  const auto note = [&](const Result<>& read) {
    if (read)
      return;
    ++unread;
    last = read.error().message();
  };
  note(RecordLog::read(memory, [&](RecordLog::Bytes record) { note(reader.read(record)); }));
  if (unread > 0)
    log::warning("of the sessions before the restart {} records are not read; the last: {}", unread,
                 last);
  return std::move(reader).sessions();
}

std::string memory_name(std::uint64_t number) {
  return fmt::format("{}{}", SessionStore::name_prefix, number);
}

} // namespace

std::vector<Session> SessionStore::begin(const std::vector<Inherited>& memories) {
  std::vector<Session> out;
  for (const auto& memory : memories) {
    std::ranges::move(stored_sessions(memory.fd.get()), std::back_inserter(out));
    earlier_.push_back(memory.name);
    std::uint64_t number = 0;
    const auto digits = std::string_view(memory.name).substr(name_prefix.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    number_ = std::max(number_, number);
  }
  auto log = RecordLog::create();
  if (!log)
    give_up(log.error());
  else if (keep(*log))
    log_ = std::move(*log);
  return out;
}

void SessionStore::forget_earlier() {
  for (const auto& name : std::exchange(earlier_, {}))
    keeper_.forget(name);
}

Result<> SessionStore::keep(const RecordLog& log) {
  if (!keeper_.keep(memory_name(number_ + 1), log.fd()))
    return invalid("nobody keeps the sessions", std::errc::no_such_process);
  ++number_;
  return {};
}

void SessionStore::add(const Session& session) {
  if (!log_)
    return;
  if (const auto written = write(session); !written)
    give_up(written.error());
}

void SessionStore::remove(std::uint64_t cookie) {
  if (!log_ || !release(cookie))
    return;
  if (const auto written = log_->append(record_of_end(cookie)); !written)
    return give_up(written.error());
  if (const auto copied = copy_if_worth_it(); !copied)
    give_up(copied.error());
}

bool SessionStore::release(std::uint64_t cookie) {
  const auto known = sessions_.extract(cookie);
  if (known.empty())
    return false;
  const auto& kept = known.mapped();
  live_ -= kept.extent.size;
  release(terms_, kept.terms);
  release(peers_, kept.peer);
  release(users_, kept.user);
  return true;
}

Result<> SessionStore::write(const Session& session) {
  SharedNumbers shared;
  shared.terms = TRY(use(terms_, session.terms));
  shared.peer = TRY(use(peers_, session.peer));
  shared.user = TRY(use(users_, session.user));
  const auto extent = TRY(log_->append(record_of(session, shared)));
  release(session.cookie); // the one before it
  live_ += extent.size;
  sessions_[session.cookie] = {extent, session.terms, session.peer, session.user};
  return copy_if_worth_it();
}

template<class T>
Result<std::uint64_t> SessionStore::use(SharedRecords<T>& records,
                                        const std::shared_ptr<const T>& value) {
  if (!value)
    return 0;
  auto& record = records[value];
  if (record.uses++ == 0) {
    record.number = ++last_number_;
    record.extent = TRY(log_->append(record_of(record.number, *value)));
    live_ += record.extent.size;
  }
  return record.number;
}

template<class T>
void SessionStore::release(SharedRecords<T>& records, const std::shared_ptr<const T>& value) {
  const auto found = records.find(value);
  if (found == records.end() || --found->second.uses > 0)
    return;
  live_ -= found->second.extent.size;
  records.erase(found);
}

Result<> SessionStore::copy_if_worth_it() {
  if (log_->size() < least_copied || live_ > log_->size() / 2)
    return {};
  return copy();
}

// Shared ones first: what names them comes behind.
Result<> SessionStore::copy() {
  auto next = TRY(RecordLog::create());
  const auto move = [&](Extent& extent) -> Result<> {
    extent = TRY(next.append(log_->record_at(extent)));
    return {};
  };
  for (auto& [value, record] : terms_)
    TRY(move(record.extent));
  for (auto& [value, record] : peers_)
    TRY(move(record.extent));
  for (auto& [value, record] : users_)
    TRY(move(record.extent));
  for (auto& [cookie, kept] : sessions_)
    TRY(move(kept.extent));
  const auto before = memory_name(number_);
  TRY(keep(next));
  keeper_.forget(before);
  log_ = std::move(next);
  return {};
}

void SessionStore::give_up(const Error& error) {
  log::error("{}: a restart of the agent will not know the sessions of now", error.message());
  log_.reset();
  keeper_.forget(memory_name(number_));
}

} // namespace ktls
