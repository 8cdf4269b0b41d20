import Foundation
import Storage

/// Finds what can be opened under some folders.
struct LibraryScan {
  let performer: EffectPerformer

  /// Deeper folders are not looked into, nor more of them: somebody may start the explorer in `/`.
  private static let deepest = 6
  private static let mostFolders = 20_000
  private static let mostEntries = 2_000

  /// - Parameter recents: what was opened before, the latest first; what is gone is left out.
  func entries(under roots: [URL], recents: [URL] = []) -> [LibraryEntry] {
    let recent = recents.compactMap { url -> LibraryEntry? in
      var isFolder: ObjCBool = false
      guard
        FileManager.default.fileExists(
          atPath: url.path(percentEncoded: false), isDirectory: &isFolder),
        var entry = entry(url, name: url.lastPathComponent, isFolder: isFolder.boolValue)
      else { return nil }
      entry.isRecent = true
      return entry
    }
    return recent + entries(below: roots)
  }

  private func entries(below roots: [URL]) -> [LibraryEntry] {
    var entries: [LibraryEntry] = []
    for root in roots {
      var isFolder: ObjCBool = false
      let path = root.path(percentEncoded: false)
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        entries.append(
          LibraryEntry(
            url: root, name: root.lastPathComponent, content: .broken("no such file or folder")))
        continue
      }
      if let entry = entry(root, name: root.lastPathComponent, isFolder: isFolder.boolValue) {
        entries.append(entry)
      } else if isFolder.boolValue {
        collect(root, into: &entries)
      } else {
        entries.append(
          LibraryEntry(
            url: root, name: root.lastPathComponent,
            content: .broken("neither an .epdict folder nor a pickled dictionary (.pkl)")))
      }
    }
    var seen: Set<String> = []
    return entries.filter { entry in
      // Components, because a folder's path may or may not end in a slash.
      let path = entry.url.standardizedFileURL.pathComponents.joined(separator: "/")
      return seen.insert(path).inserted
    }
  }

  /// Breadth first, so that what is near is found even where there is too much.
  private func collect(_ root: URL, into entries: inout [LibraryEntry]) {
    var queue = [(url: root, name: "", depth: 0)]
    var next = 0
    while next < queue.count, next < Self.mostFolders, entries.count < Self.mostEntries {
      let folder = queue[next]
      next += 1
      let children =
        (try? FileManager.default.contentsOfDirectory(
          at: folder.url, includingPropertiesForKeys: [.isDirectoryKey, .isSymbolicLinkKey],
          options: [.skipsHiddenFiles])) ?? []
      for child in children.sorted(by: { $0.lastPathComponent < $1.lastPathComponent }) {
        let name = folder.name + child.lastPathComponent
        let values = try? child.resourceValues(forKeys: [.isDirectoryKey, .isSymbolicLinkKey])
        // A link may lead back up.
        guard values?.isSymbolicLink != true else { continue }
        let isFolder = values?.isDirectory == true
        if let entry = entry(child, name: name, isFolder: isFolder) {
          entries.append(entry)
        } else if isFolder, folder.depth < Self.deepest {
          queue.append((child, name + "/", folder.depth + 1))
        }
      }
    }
  }

  private func isDictionary(_ folder: URL) -> Bool {
    folder.pathExtension.lowercased() == "epdict"
      || FileManager.default.fileExists(
        atPath: folder.appending(path: "dictionary.sqlite").path(percentEncoded: false))
  }

  /// What is at a path, or `nil` for what is none of ours.
  private func entry(_ url: URL, name: String, isFolder: Bool) -> LibraryEntry? {
    let content: LibraryEntry.Content
    if isFolder, isDictionary(url) {
      content = self.content(of: url)
    } else if !isFolder, ["pkl", "pickle"].contains(url.pathExtension.lowercased()) {
      content = .pickle(bytes: size(of: url, isFolder: false) ?? 0)
    } else if let companion = companion(url, isFolder: isFolder) {
      content = companion
    } else {
      return nil
    }
    return LibraryEntry(
      url: url, name: name, content: content, bytes: size(of: url, isFolder: isFolder))
  }

  private func content(of url: URL) -> LibraryEntry.Content {
    do {
      let file = try DictionaryFile(url)
      let labels = try? performer.openNotebook().labels(for: file.identity).count
      return .dictionary(
        LibraryEntry.Summary(
          provenance: file.provenance, identity: file.identity, threshold: file.threshold,
          regionCount: file.regionCount, dimension: file.dimension,
          activationCount: file.activationCount, documentCount: file.documentCount,
          labelCount: labels ?? 0))
    } catch {
      return .broken(words(of: error))
    }
  }
}
