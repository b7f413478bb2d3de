// Numbers of the host's events that this project reads or makes.
// Source: ppm_events_public.h of Debian's libfalcosecurity0-dev; compared with it by tests/api.
#pragma once

#include <cstdint>

namespace api {

inline constexpr uint16_t kEventProcexit = 186;        // PPME_PROCEXIT_1_E
inline constexpr uint16_t kEventCloneExit = 223;       // PPME_SYSCALL_CLONE_20_X
inline constexpr uint16_t kEventForkExit = 225;        // PPME_SYSCALL_FORK_20_X
inline constexpr uint16_t kEventVforkExit = 227;       // PPME_SYSCALL_VFORK_20_X
inline constexpr uint16_t kEventContainer = 228;       // PPME_CONTAINER_E: id, type, name, image
inline constexpr uint16_t kEventExecve16Exit = 231;    // PPME_SYSCALL_EXECVE_16_X
inline constexpr uint16_t kEventChrootExit = 267;      // PPME_SYSCALL_CHROOT_X
inline constexpr uint16_t kEventContainerJson = 272;   // PPME_CONTAINER_JSON_E
inline constexpr uint16_t kEventExecve17Exit = 283;    // PPME_SYSCALL_EXECVE_17_X
inline constexpr uint16_t kEventExecve18Exit = 289;    // PPME_SYSCALL_EXECVE_18_X
inline constexpr uint16_t kEventExecve19Exit = 293;    // PPME_SYSCALL_EXECVE_19_X
inline constexpr uint16_t kEventContainerJson2 = 324;  // PPME_CONTAINER_JSON_2_E, large payload
inline constexpr uint16_t kEventExecveatExit = 331;    // PPME_SYSCALL_EXECVEAT_X
inline constexpr uint16_t kEventClone3Exit = 335;      // PPME_SYSCALL_CLONE3_X
inline constexpr uint16_t kEventAsync = 402;           // PPME_ASYNCEVENT_E, large payload

}  // namespace api
