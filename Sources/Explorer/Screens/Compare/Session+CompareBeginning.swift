import Experiments
import Foundation
import Storage
import Terminal

extension Session {
  /// In the library marks a dictionary, and compares it with a second one; elsewhere marks the open one and goes there to
  /// choose the other.
  mutating func beginComparing() -> [Effect] {
    if screen == .regions, let dictionary = regions?.dictionary {
      library.marks = [dictionary.url]
      let effects = showLibrary()
      say(.note, "\(dictionary.title) is A · choose B and press \(compareKey)")
      return effects
    }
    guard screen == .library, let entry = markable() else { return [] }
    switch library.marks.count {
    case 0:
      library.marks = [entry.url]
      say(.note, "\(entry.name) is A · choose B and press \(compareKey)")
      return []
    case 1 where library.marks[0] == entry.url:
      library.marks = []
      say(.note, "no longer marked")
      return []
    default:
      // One mark waits for the other; more are all there is to be compared.
      let chosen = library.marks.count == 1 ? library.marks + [entry.url] : library.marks
      library.marks = []
      return compare(chosen)
    }
  }

  /// Compares two dictionaries, or follows regions through more of them.
  mutating func compare(_ urls: [URL]) -> [Effect] {
    guard urls.count > 1 else { return [] }
    if urls.count == 2, let compare, compare.opened.a.dictionary.url == urls[0],
      compare.opened.b.dictionary.url == urls[1]
    {
      screen = .compare
      self.compare?.isOfTrajectory = false
      return []
    }
    let stopping = stopNulls() + (comparing.map { [ask(.cancel($0.id))] } ?? [])
    let effect = ask(urls.count == 2 ? .compare(a: urls[0], b: urls[1]) : .follow(urls))
    comparing = ComparisonUnderWay(id: effect.id, names: urls.map(\.lastPathComponent))
    return stopping + [effect]
  }

  /// What the key would do in the library; nothing where there are no two dictionaries.
  var compareHint: String {
    let count = (library.entries ?? []).count { ["dictionary", "pickle"].contains($0.kind) }
    return count < 2
      ? ""
      : library.marks.isEmpty ? "compare" : library.marks.count == 1 ? "with this" : "compare all"
  }

  private var compareKey: String {
    keymap.keys(for: .compare, in: [.library]).first?.label ?? ":compare"
  }

  /// Ends a comparison under way; its answer will find nobody.
  mutating func stopComparing() -> [Effect] {
    guard let id = comparing?.id else { return [] }
    comparing = nil
    say(.note, "comparing was stopped")
    return [ask(.cancel(id))]
  }

  // MARK: - Answers

  /// Takes in what a comparison asked for; `nil` where it did not ask.
  mutating func takeInCompare(_ outcome: Outcome, of id: EffectID) -> [Effect]? {
    if comparing?.id == id { return take(outcome) }
    if case .awaited(id, _) = compare?.nulls {
      takeNulls(outcome, of: id)
      return []
    }
    if compare?.awaited == id {
      compare?.awaited = nil
      switch outcome {
      case .pair(let loaded):
        compare?.detail = loaded
        if compare?.tab == .contexts {
          let place = compare?.place ?? 0
          compare?.place = min(place, max(0, loaded.lines.count - 1))
        }
      case .failed(let reason): say(.error, reason)
      default: break
      }
      return []
    }
    return takeLabels(outcome, of: id) ? [] : nil
  }

  private mutating func take(_ outcome: Outcome) -> [Effect] {
    switch outcome {
    case .comparing(let progress):
      comparing?.progress = progress
      return []
    case .compared(let opened):
      comparing = nil
      compare = CompareScreen(opened)
      return enterCompare()
    case .followed(let comparisons):
      comparing = nil
      trajectory = LineageScreen(comparisons)
      screen = .trajectory
      message = nil
      return []
    case .failed(let reason):
      comparing = nil
      say(.error, reason)
    default: comparing = nil
    }
    return []
  }

  /// Shows the comparison that was just made or opened, and asks for its null where that is quick.
  mutating func enterCompare() -> [Effect] {
    guard let compare else { return [] }
    screen = .compare
    let kept = compare.opened.isKept ? " (kept from before)" : ""
    log.append(
      Message(.note, sanitized("compared\(kept): \(compare.report.sentence)"), time: clock))
    message = nil
    showCompareCursor()
    return compare.nulls == .unasked && compare.opened.isQuicklyMatched ? askNulls() : []
  }

  private mutating func takeNulls(_ outcome: Outcome, of id: EffectID) {
    switch outcome {
    case .comparing(let progress): compare?.nulls = .awaited(id, progress)
    case .nulls(let nulls): compare?.nulls = .known(nulls)
    case .failed(let reason):
      compare?.nulls = .failed(sanitized(reason))
      say(.error, "no null: \(reason)")
    default: compare?.nulls = .unasked
    }
  }

  /// Asks for the regions in sight.
  mutating func lookAroundInCompare() -> [Effect] {
    guard screen == .compare, exit == nil, let compare, let pair = compare.shown,
      compare.detail?.pair != pair, compare.awaitedPair != pair
    else { return [] }
    let effect = ask(.readPair(pair))
    self.compare?.awaited = effect.id
    self.compare?.awaitedPair = pair
    return [effect]
  }
}
