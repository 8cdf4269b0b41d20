import Foundation
import Synchronization

/// Process groups that have to end with this process, however it leaves.
enum LiveGroups {
  private static let groups = Mutex<Set<pid_t>>([])
  private static let isWatching = Atomic<Bool>(false)

  static func add(_ group: pid_t) {
    groups.withLock { _ = $0.insert(group) }
    // `exit` runs no deinitialiser. Where this process is killed, the end of their input ends them.
    if !isWatching.exchange(true, ordering: .relaxed) { atexit { LiveGroups.endAll() } }
  }

  static func remove(_ group: pid_t) { groups.withLock { _ = $0.remove(group) } }

  private static func endAll() {
    let left = groups.withLock { $0 }
    for group in left { kill(-group, SIGTERM) }
    let start = ContinuousClock.now
    while left.contains(where: { ChildProcess.isLive(group: $0) }),
      ContinuousClock.now - start < .milliseconds(500)
    { usleep(5000) }
    for group in left { kill(-group, SIGKILL) }
  }
}
