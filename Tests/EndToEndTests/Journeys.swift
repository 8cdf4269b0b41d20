import Foundation

/// What a new user does first, each as a walk through a real terminal that begins and ends at the table of regions.
struct Journey: Sendable {
  var name: String
  var walk: @Sendable (Tmux) throws -> Void

  static let all: [Journey] = [
    Journey(name: "1. find a region by a word") { tmux in
      try tmux.type("/kidnap")
      try tmux.wait(for: "17 of 44 regions match")
      try tmux.press("Enter")
      try tmux.type("v")
      try tmux.wait(for: "Contexts")
      try tmux.press("Escape")
      try tmux.wait(for: "1 of 17 ")
      try tmux.press("Escape")
      try tmux.wait("the search cleared") { !$0.contains("/kidnap") }
    },
    Journey(name: "2. read where a region is active, as a whole document") { tmux in
      try tmux.type("#26")
      try tmux.press("Enter")
      try tmux.wait(for: "Region 26")
      try tmux.press("Tab", "Enter")
      try tmux.wait(for: "closest context 1")
      try tmux.press("Right", "Right")
      try tmux.wait(for: "token 16 of")
      try tmux.press("Escape")
      try tmux.wait("the contexts again") { !$0.contains("closest context 1") }
      try tmux.press("Escape")
      try tmux.wait(for: "Enter contexts")
    },
    Journey(name: "3. label it, and take that back") { tmux in
      try tmux.type("lbread")
      try tmux.press("Enter")
      try tmux.wait(for: "labelled region")
      try tmux.type("u")
      try tmux.wait(for: "undone")
      try tmux.press("C-r")
      try tmux.wait(for: "done again")
    },
    Journey(name: "4. narrow the table, and put it in another order") { tmux in
      try tmux.type("fmembers > 100")
      try tmux.wait(for: "12 of 44")
      try tmux.press("Enter")
      try tmux.type("sc")
      try tmux.wait(for: "coher▼")
      try tmux.type("sm")
      try tmux.wait(for: "members▼")
      try tmux.press("Escape")
      try tmux.wait("the filter gone") { !$0.contains("members > 100") }
    },
    Journey(name: "5. look at the neighbours, and go back") { tmux in
      try tmux.type("#26")
      try tmux.press("Enter")
      try tmux.type("4")
      try tmux.wait(for: "Enter goes there")
      try tmux.press("Tab", "Enter")
      try tmux.wait("another region") { !$0.contains("Region 26") }
      try tmux.press("C-o")
      try tmux.wait(for: "Region 26")
      try tmux.type("1")
      try tmux.wait(for: "0.00θ")
      try tmux.press("Escape")
      try tmux.wait(for: "Enter contexts")
    },
    Journey(name: "6. see all of it on the map") { tmux in
      try tmux.type("m")
      try tmux.wait(for: "nearest 8 by cosine")
      try tmux.type("c+")
      try tmux.wait(for: "2×")
      try tmux.press("Escape")
      try tmux.wait("the table again") { !$0.contains("nearest 8") }
    },
    Journey(name: "7. judge the dictionary by its metrics") { tmux in
      try tmux.type("%")
      try tmux.wait(for: "n_partitions")
      try tmux.press("Escape")
      try tmux.wait("the table again") { !$0.contains("n_partitions") }
    },
    Journey(name: "8. predict what taking a region out does") { tmux in
      try tmux.type("a")
      try tmux.wait(for: "Ablation lab")
      try tmux.wait(for: "50 harmful")
      try tmux.type("1")
      try tmux.wait(for: "PREDICTED")
      try tmux.back(until: "of 44 ")
    },
    Journey(name: "9. find a command by name, and by what it does") { tmux in
      try tmux.type("?undo")
      try tmux.wait(for: "do again what was undone")
      try tmux.press("Escape")
      try tmux.wait("the help closed") { !$0.contains("do again what was undone") }
      try tmux.type(":stat")
      try tmux.wait(for: "Statistics of the region")
      try tmux.press("Enter")
      try tmux.wait("the statistics") { $0.contains("▸5") }
      try tmux.type("1")
      try tmux.wait("the contexts") { $0.contains("▸1") }
    },
    Journey(name: "10. keep the table for another program") { tmux in
      try tmux.type("E")
      try tmux.wait(for: "smollm2-refusal.all.p10.tsv")
      try tmux.press("Enter")
      try tmux.wait(for: "wrote 44 rows")
    },
  ]
}

extension Tmux {
  /// Goes back, a step at a time, until `text` shows.
  func back(until text: String) throws {
    for _ in 0..<4 {
      try press("Escape")
      if (try? wait(for: text, seconds: 1)) != nil { return }
    }
    try wait(for: text, seconds: 1)
  }
}
