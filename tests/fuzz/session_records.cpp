// SPDX-License-Identifier: GPL-2.0-or-later
// The memory that an earlier agent has left: what is read from it, written and read again, is the
// same.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/record_log.hpp"
#include "broker/session_record.hpp"
#include "broker/session_view.hpp"
#include "fuzz.hpp"

namespace ktls::fuzz {
namespace {

Fd memory_with(Bytes bytes) {
  Fd fd(::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto written = ::write(fd.get(), bytes.data(), bytes.size());
  must(written == static_cast<ssize_t>(bytes.size()) &&
           ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0,
       "there is memory");
  return fd;
}

std::vector<Session> sessions_in(Bytes bytes) {
  RecordReader reader;
  const auto fd = memory_with(bytes);
  const auto all = RecordLog::read(fd.get(), [&](RecordLog::Bytes record) {
    if (const auto read = reader.read(record); !read)
      must_be_clean(read.error().message());
  });
  if (!all)
    must_be_clean(all.error().message());
  return std::move(reader).sessions();
}

RecordBytes written(const Session& session) {
  return record_of(session, {1, session.peer ? 1U : 0U, session.user ? 1U : 0U});
}

void must_be_the_same_again(const Session& session) {
  RecordReader reader;
  must(reader.read(record_of(1, *session.terms)).has_value(), "terms that are written are read");
  if (session.peer)
    must(reader.read(record_of(1, *session.peer)).has_value(), "a peer that is written is read");
  if (session.user)
    must(reader.read(record_of(1, *session.user)).has_value(), "a user who is written is read");
  must(reader.read(written(session)).has_value(), "a session that is written is read");
  const auto again = std::move(reader).sessions();
  must(again.size() == 1 && written(again[0]) == written(session) &&
           *again[0].terms == *session.terms && !again[0].peer == !session.peer &&
           (!session.peer || *again[0].peer == *session.peer) && !again[0].user == !session.user &&
           (!session.user || *again[0].user == *session.user),
       "what is written is what is read");
}

} // namespace
} // namespace ktls::fuzz

int fuzz_session_records(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  for (const auto& session : fuzz::sessions_in(fuzz::bytes_of(data, size))) {
    (void)row_of(session);
    (void)details_of(session);
    fuzz::must_be_the_same_again(session);
  }
  return 0;
}
