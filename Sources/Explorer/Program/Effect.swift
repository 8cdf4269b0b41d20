import Foundation
import Storage
import Terminal

/// Numbers effects, so that an answer finds its question, or finds that nobody asks any more.
package typealias EffectID = Int

/// Work outside the state, as a value. One runner performs it and answers with the same id.
package struct Effect: Equatable, Sendable {
  package enum Work: Equatable, Sendable {
    case openNotebook
    case openDictionary(URL)
    /// A region's detail, with the marks of a search.
    case readRegion(dictionary: URL, region: Int, query: SearchQuery?)
    /// One line a region: the best matching context of a search, or the closest.
    case readRows(dictionary: URL, regions: [Int], query: SearchQuery?, labels: [Int: String])
    case search(dictionary: URL, query: SearchQuery, labels: [Int: String])
    /// `nil` takes the label away. `since` is the version the state knows.
    case saveLabel(Target, region: Int, text: String?)
    case saveStar(Target, region: Int, isStarred: Bool)
    case saveNote(Target, region: Int, text: String?)
    case saveTags(Target, region: Int, tags: [String])
    case exportLabels(Target, path: String)
    case importLabels(Target, path: String, regionCount: Int)
    case mergeLabels(Target, theirs: String, base: String, regionCount: Int)
    case carryLabels(Target, from: URL, cutoff: Double)
    case undo(Target)
    case redo(Target)
    case pollNotebook(Target)
    /// Takes a day's copy into the empty notebook.
    case takeCopy(String)
    /// The files of settings, unless they are as they were.
    case readSettings(known: [String: SettingsReading.Stamp]?)
    case readMemory
    case remember(Memory.Change)
    /// A new file; one that is there is never overwritten. `rows` is `nil` for a page.
    case exportFile(path: String, text: String, rows: Int?)
    case copy(String)
    case setMouse(Bool)
    case redraw
    /// What one screen alone asks for.
    case ofScreen(AnyScreenWork)
    /// Ends an effect that answers many times, or that waits.
    case cancel(EffectID)
  }

  /// What an annotation is about: the identity it is kept under, where the dictionary's own labels are, and the
  /// version of the notebook that the state knows.
  package struct Target: Equatable, Sendable {
    package var dictionary: URL
    package var identity: String
    package var version: Int64

    package init(dictionary: URL, identity: String, version: Int64) {
      self.dictionary = dictionary
      self.identity = identity
      self.version = version
    }
  }

  /// Queues of work that must not wait for each other.
  package enum Queue: Equatable, Sendable {
    case reading, searching, notebook, library, settings, comparing
    /// What takes seconds, and what needs the weights.
    case computing, modelling
    /// Experiments, one after the other.
    case lab
    /// What somebody who types waits for.
    case tracing
    /// Nothing is waited for.
    case immediate
    /// What only the terminal itself can do.
    case terminal
  }

  package var id: EffectID
  package var work: Work

  package init(id: EffectID, work: Work) {
    self.id = id
    self.work = work
  }

  package var queue: Queue {
    switch work {
    case .readRegion, .readRows, .openDictionary: .reading
    case .search: .searching
    case .openNotebook, .saveLabel, .saveStar, .saveTags, .saveNote, .undo, .redo, .pollNotebook,
      .takeCopy, .exportLabels, .importLabels, .mergeLabels, .carryLabels:
      .notebook
    case .readSettings, .readMemory, .remember, .exportFile: .settings
    case .copy, .setMouse, .redraw: .terminal
    case .ofScreen(let work): work.work.queue
    case .cancel: .immediate
    }
  }

  /// Effects of one such name replace each other: a later one makes those that still wait worthless.
  package var slot: String? {
    switch work {
    case .readRegion: "region"
    case .readRows: "rows"
    case .search: "search"
    case .ofScreen(let work): work.work.slot
    default: nil
    }
  }

  /// Whether a later one of its slot ends it too when it has begun.
  var endsWhenReplaced: Bool {
    if case .ofScreen(let work) = work { work.work.endsWhenReplaced } else { false }
  }
}

/// The answer to an effect.
package enum Reply: Equatable, Sendable {
  case notebookOpened(Notebook.OpeningReport)
  case dictionary(OpenedDictionary, Annotations, problem: String?)
  case region(LoadedDetail)
  case rows([Int: RowText])
  case found(SearchResult, milliseconds: Double)
  /// What was done to many labels, in words.
  case changedLabels(String, Annotations)
  /// The notebook has it; `others` where somebody else changed something too.
  case saved(version: Int64, others: Annotations?)
  /// Empty changes: there was nothing to undo.
  case shifted([NotebookChange], Annotations)
  /// A day's copy is in the notebook now.
  case copyTaken(String)
  /// `nil`: nothing changed.
  case polled(Annotations?)
  /// `nil`: nothing was saved since.
  case settings(SettingsReading?)
  /// `nil`: nothing can be remembered.
  case memory(Memory?)
  case exported(path: String, rows: Int?)
  case copied(ClipboardResult)
  case ofScreen(ScreenReply)
  case done
  case failed(String)
  /// A later effect took its place before it was begun.
  case superseded
}
