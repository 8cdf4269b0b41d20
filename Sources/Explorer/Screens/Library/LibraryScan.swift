import Experiments
import Foundation
import Storage
import Terminal

/// Looks for what can be opened: under folders, among what was opened before, and in the hub cache.
struct ScanLibrary: ScreenWork {
  var roots: [URL]
  /// Of the one dictionary that was named: what lies in its folder is listed too.
  var isWithSiblings = false

  var queue: Effect.Queue { .library }
  var jobTitle: String? { "looking for dictionaries" }

  func perform(by performer: EffectPerformer) -> [LibraryEntry] {
    let options = performer.options
    let recents = options.memory.map(Memory.read)?.recents ?? []
    return LibraryScan(performer: performer).entries(
      under: roots, isWithSiblings: isWithSiblings, recents: recents.map { URL(filePath: $0.path) },
      cached: options.hubCache.map { HubCacheScan(cache: $0).dictionaries() } ?? [])
  }
}

/// Looks how far builds are, by the folders that they are kept in, and what came into folders or went.
struct WatchLibrary: ScreenWork {
  struct News: Equatable, Sendable {
    /// Those that are gone are left out.
    var builds: [URL: LibraryEntry.Content]
    /// What can be opened, by folder and name; `nil` where a folder does not answer.
    var names: [URL: Set<String>]?
  }

  var builds: [URL]
  var folders: [URL]

  var queue: Effect.Queue { .library }

  func perform(by performer: EffectPerformer) -> News {
    let folders = folders
    return News(
      builds: builds.reduce(into: [:]) { news, folder in
        // One that does not answer is looked at again.
        news[folder] =
          LibraryScan.limited(to: .seconds(5)) { LibraryScan.build(folder) }
          ?? .broken("does not answer")
      },
      names: LibraryScan.limited(to: .seconds(5)) {
        folders.reduce(into: [:]) { $0[$1] = LibraryScan.names(in: $1) }
      })
  }
}

/// Finds what can be opened under some folders.
struct LibraryScan: Sendable {
  let performer: EffectPerformer
  /// How long one entry may take to be looked at.
  var limit = Duration.seconds(5)

  /// Deeper folders are not looked into, nor more of them: somebody may start the explorer in `/`.
  private static let deepest = 6
  private static let mostFolders = 20_000
  private static let mostEntries = 2_000

  /// Every entry once, under whatever paths it was found.
  ///
  /// - Parameter isWithSiblings: whether what lies beside the roots is listed too.
  /// - Parameter recents: what was opened before, the latest first; what is gone is left out, and so is what lies under
  ///   the roots and is listed there.
  /// - Parameter cached: published dictionaries in the hub cache.
  func entries(
    under roots: [URL], isWithSiblings: Bool = false, recents: [URL] = [],
    cached: [CachedDictionary] = []
  ) -> [LibraryEntry] {
    var found = entries(below: roots, isWithSiblings: isWithSiblings)
    var listed = Set(found.map { Self.place(of: $0.url) })
    found += cached.compactMap { dictionary in
      listed.insert(Self.place(of: dictionary.place)).inserted ? entry(dictionary) : nil
    }
    var seen = Set(found.map { Self.place(of: $0.url) })
    for (rank, url) in recents.enumerated() {
      let place = Self.place(of: url)
      for index in found.indices where Self.place(of: found[index].url) == place {
        found[index].recency = min(found[index].recency ?? rank, rank)
      }
    }
    let others = recents.filter { seen.insert(Self.place(of: $0)).inserted }
    let recent = others.lazy.compactMap { url -> LibraryEntry? in
      var isFolder: ObjCBool = false
      guard
        FileManager.default.fileExists(
          atPath: url.path(percentEncoded: false), isDirectory: &isFolder),
        var entry = entry(url, name: url.lastPathComponent, isFolder: isFolder.boolValue)
      else { return nil }
      entry.isRecent = true
      return entry
    }
    var all = Array(recent.prefix(LibraryScreen.shownRecents)) + found
    giveTitles(to: &all)
    return all
  }

  /// Calls models by the name that is written in their file, and so what lies beside the file and names it.
  private func giveTitles(to entries: inout [LibraryEntry]) {
    func folder(_ entry: LibraryEntry) -> String { Self.folder(of: entry.url) }
    var titles: [String: ModelTitles] = [:]
    for case (let entry, .model(_, let title?)) in entries.map({ ($0, $0.content) }) {
      titles[folder(entry), default: ModelTitles()].add(title, of: entry.model ?? "")
    }
    for index in entries.indices {
      let entry = entries[index]
      if case .model(_, let title) = entry.content {
        entries[index].modelTitle = title
      } else {
        entries[index].modelTitle = (titles[folder(entry)] ?? ModelTitles())
          .name(ofFamily: entry.model, recorded: entry.recordedModelName)
      }
    }
    // The same weights are one model, whether what names them says its own name or not; what lies elsewhere renames nothing.
    for indices in Dictionary(grouping: entries.indices, by: { folder(entries[$0]) }).values {
      let names = ModelTitles.byHash(
        indices.map { (entries[$0].modelHash, entries[$0].modelTitle) })
      for index in indices {
        entries[index].modelTitle =
          entries[index].modelHash.flatMap { names[$0] } ?? entries[index].modelTitle
      }
    }
  }

  /// One path of a file or folder, however it was come by.
  private static func place(of url: URL) -> String {
    // Components, because a folder's path may or may not end in a slash.
    url.resolvingSymlinksInPath().standardizedFileURL.pathComponents.joined(separator: "/")
  }

  /// The folder that a file or folder lies in.
  static func folder(of url: URL) -> String {
    place(of: url.absoluteURL.deletingLastPathComponent())
  }

  private func entries(below roots: [URL], isWithSiblings: Bool) -> [LibraryEntry] {
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
    if isWithSiblings { entries += roots.flatMap(siblings) }
    var seen: Set<String> = []
    return entries.filter { seen.insert(Self.place(of: $0.url)).inserted }
  }

  /// What lies beside a file or folder; folders there are not looked into, for nobody asked for those.
  private func siblings(of url: URL) -> [LibraryEntry] {
    let folder = url.absoluteURL.deletingLastPathComponent()
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
      ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.prefix(Self.mostEntries).compactMap {
      name in
      let sibling = folder.appending(path: name)
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(
        atPath: sibling.path(percentEncoded: false), isDirectory: &isFolder)
      return isThere ? entry(sibling, name: name, isFolder: isFolder.boolValue) : nil
    }
  }

  /// Breadth first, so that what is near is found even where there is too much.
  private func collect(_ root: URL, into entries: inout [LibraryEntry]) {
    var queue = [(url: root, name: "", depth: 0)]
    var next = 0
    // A link may lead back up.
    var entered: Set<String> = [Self.place(of: root)]
    while next < queue.count, next < Self.mostFolders, entries.count < Self.mostEntries {
      let folder = queue[next]
      next += 1
      // By path, which a link is followed by: a folder may be one.
      let children =
        (try? FileManager.default.contentsOfDirectory(
          atPath: folder.url.path(percentEncoded: false))) ?? []
      for name in Self.namesThatAreNotText(in: folder.url) {
        entries.append(
          LibraryEntry(
            url: folder.url.appending(path: name), name: folder.name + name,
            content: .broken(
              "its name is not UTF-8, so that it cannot be opened; a link of a plain name to it helps"
            )
          ))
      }
      for child in children.sorted() where !child.hasPrefix(".") {
        let url = folder.url.appending(path: child)
        var isDirectory: ObjCBool = false
        // What Foundation made of a name that is not UTF-8 is no name of anything.
        guard
          FileManager.default.fileExists(
            atPath: url.path(percentEncoded: false), isDirectory: &isDirectory)
        else { continue }
        let isFolder = isDirectory.boolValue
        if let entry = entry(url, name: folder.name + child, isFolder: isFolder) {
          entries.append(entry)
        } else if isFolder, folder.depth < Self.deepest,
          entered.insert(Self.place(of: url)).inserted
        {
          queue.append((url, folder.name + child + "/", folder.depth + 1))
        }
      }
    }
  }

  private func isThere(_ url: URL) -> Bool {
    access(url.path(percentEncoded: false), F_OK) == 0
  }

  private func isDictionary(_ folder: URL) -> Bool {
    folder.pathExtension.lowercased() == "epdict"
      || FileManager.default.fileExists(
        atPath: folder.appending(path: "dictionary.sqlite").path(percentEncoded: false))
  }

  /// What is at a path, or `nil` for what is none of ours.
  private func entry(_ url: URL, name: String, isFolder: Bool) -> LibraryEntry? {
    let found = Self.limited(to: limit) { look(at: url, name: name, isFolder: isFolder) }
    return found
      ?? LibraryEntry(
        url: url, name: name,
        content: .broken("did not answer within \(limit.components.seconds) s"))
  }

  private func look(at url: URL, name: String, isFolder: Bool) -> LibraryEntry? {
    let content: LibraryEntry.Content
    var readiness: DictionaryReadiness?
    if isFolder, isDictionary(url) {
      (content, readiness) = dictionary(url)
    } else if !isFolder, ["pkl", "pickle"].contains(url.pathExtension.lowercased()) {
      content = other(url) ?? .pickle(bytes: size(of: url, isFolder: false) ?? 0)
    } else if isFolder, BuildStatus.isPlace(url), let build = Self.build(url) {
      content = build
    } else if let companion = companion(url, isFolder: isFolder) {
      content = companion
    } else {
      return nil
    }
    var entry = LibraryEntry(
      url: url, name: name, content: content, bytes: size(of: url, isFolder: isFolder))
    entry.readiness = readiness
    if case .pickle = content { addPublished(&entry) }
    return entry
  }

  /// How far a build is that is kept in a folder; `nil` where none is.
  static func build(_ folder: URL) -> LibraryEntry.Content? {
    do {
      return try BuildStatus.read(folder).map(LibraryEntry.Content.build)
    } catch {
      return .broken(words(of: error))
    }
  }

  /// The names in a folder of what can be opened, or is being built, by their endings, each with what tells its content from
  /// another.
  static func names(in folder: URL) -> Set<String> {
    let children =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
      ?? []
    let names = children.compactMap { name -> String? in
      let place = folder.appending(path: name)
      switch (name as NSString).pathExtension.lowercased() {
      // One that is being copied, or takes the place of another, is another when its files are.
      case "epdict":
        return name
          + ["dictionary.sqlite", "directions.safetensors"].map { stamp(place.appending(path: $0)) }
          .joined()
      case "pkl", "pickle", "gguf": return name + stamp(place)
      case "epstore": return name
      default: return BuildStatus.isPlace(place) && build(place) != nil ? name : nil
      }
    }
    return Set(names)
  }

  /// Size and time of change of a file.
  private static func stamp(_ url: URL) -> String {
    var found = stat()
    guard stat(url.path(percentEncoded: false), &found) == 0 else { return "/" }
    return "/\(found.st_size) \(found.st_mtim.tv_sec) \(found.st_mtim.tv_nsec)"
  }

  /// Where weights are looked for, as they are once it is open.
  var places: ModelPlaces {
    ModelPlaces(
      folders: performer.options.attachments.modelFolders, hubCache: performer.options.hubCache)
  }

  /// The model that was named, which is where its engine is.
  var given: DictionaryReadiness.GivenModel? {
    let attachments = performer.options.attachments
    return attachments.engine != nil ? .onEngine : attachments.model.map { .named($0) }
  }

  private func dictionary(
    _ url: URL
  ) -> (content: LibraryEntry.Content, readiness: DictionaryReadiness?) {
    do {
      let file = try DictionaryFile(url)
      let labels = try? performer.openNotebook().labels(for: file.identity).count
      var summary = LibraryEntry.Summary(
        provenance: file.provenance, identity: file.identity, threshold: file.threshold,
        regionCount: file.regionCount, dimension: file.dimension,
        activationCount: file.activationCount, documentCount: file.documentCount,
        labelCount: labels ?? 0)
      let store = DictionaryReadiness.store(of: file)
      summary.answers = try? store?.recordedOutcomes()
      let readiness = DictionaryReadiness(
        file, store: store, places: places, given: given)
      return (.dictionary(summary), readiness)
    } catch {
      return (.broken(words(of: error)), nil)
    }
  }
}
