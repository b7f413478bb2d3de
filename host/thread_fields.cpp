// See thread_fields.h. Names and types: sinsp_threadinfo::static_fields of libsinsp 0.20.
#include "host/thread_fields.h"

#include <array>

namespace host {
namespace {

template <auto Member, auto Data>
void get_number(Thread& thread, api::StateData& out) {
  out.*Data = thread.*Member;
}
template <auto Member, auto Data>
void set_number(Thread& thread, const api::StateData& in) {
  thread.*Member = in.*Data;
}
template <auto Member>
void get_text(Thread& thread, api::StateData& out) {
  out.str = (thread.*Member).c_str();
}
template <auto Member>
void set_text(Thread& thread, const api::StateData& in) {
  thread.*Member = in.str == nullptr ? "" : in.str;
}
template <auto Member>
void get_table(Thread& thread, api::StateData& out) {
  out.table = static_cast<Table*>(&(thread.*Member));
}

template <auto Member>
constexpr ThreadField id_row(const char* name) {
  return {name, api::kStateInt64, get_number<Member, &api::StateData::s64>,
          set_number<Member, &api::StateData::s64>};
}
template <auto Member>
constexpr ThreadField text_row(const char* name) {
  return {name, api::kStateString, get_text<Member>, set_text<Member>};
}
template <auto Member>
constexpr ThreadField user_row(const char* name) {
  return {name, api::kStateUint32, get_number<Member, &api::StateData::u32>,
          set_number<Member, &api::StateData::u32>};
}

constexpr std::array kFields{
    id_row<&Thread::tid>("tid"),
    id_row<&Thread::pid>("pid"),
    id_row<&Thread::ptid>("ptid"),
    id_row<&Thread::vtid>("vtid"),
    id_row<&Thread::vpid>("vpid"),
    id_row<&Thread::pgid>("pgid"),
    id_row<&Thread::vpgid>("vpgid"),
    text_row<&Thread::comm>("comm"),
    text_row<&Thread::exe>("exe"),
    text_row<&Thread::exe_path>("exe_path"),
    ThreadField{"cwd", api::kStateString, get_text<&Thread::cwd>, nullptr},
    user_row<&Thread::uid>("uid"),
    user_row<&Thread::gid>("gid"),
    ThreadField{"pidns_init_start_ts", api::kStateUint64,
                get_number<&Thread::pidns_init_start_ts, &api::StateData::u64>,
                set_number<&Thread::pidns_init_start_ts, &api::StateData::u64>},
    ThreadField{"args", api::kStateTable, get_table<&Thread::args_table>, nullptr},
    ThreadField{"cgroups", api::kStateTable, get_table<&Thread::cgroups_table>, nullptr},
};

}  // namespace

std::span<const ThreadField> thread_fields() {
  return kFields;
}

}  // namespace host
