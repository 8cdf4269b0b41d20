import Foundation
import Storage

/// Looks what a path that is being typed goes on with.
struct CompletePath: ScreenWork {
  /// As typed; the last of its words is meant where it begins no file as a whole.
  var text: String

  struct Result: Equatable, Sendable {
    var asked: String
    /// With as much of the path as is certain.
    var text: String
    /// What it may go on with, a few of them.
    var names: [String]
  }

  var queue: Effect.Queue { .settings }
  private static let mostNames = 12

  func perform(by performer: EffectPerformer) -> Result {
    let whole = complete(text)
    guard whole.names.isEmpty, let space = text.lastIndex(of: " ") else { return whole }
    let head = String(text[...space])
    var last = complete(String(text[text.index(after: space)...]))
    (last.asked, last.text) = (text, head + last.text)
    return last
  }

  private func complete(_ path: String) -> Result {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let (folder, begun) = (String(path[..<slash]), path[slash...])
    let place = folder.isEmpty ? "." : UserFolders.expandingHome(folder)
    let all = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    let names = all.filter { $0.hasPrefix(begun) && ($0.first != "." || begun.first == ".") }
      .sorted()
    guard let first = names.first else { return Result(asked: path, text: path, names: []) }
    var common = Substring(first)
    for name in names.dropFirst() { common = common.commonPrefix(with: name)[...] }
    var text = folder + common
    if names.count == 1 {
      var isFolder: ObjCBool = false
      let full = place + "/" + first
      if FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), isFolder.boolValue,
        !first.hasSuffix(".epdict")
      {
        text += "/"
      }
    }
    return Result(asked: path, text: text, names: Array(names.prefix(Self.mostNames)))
  }
}
