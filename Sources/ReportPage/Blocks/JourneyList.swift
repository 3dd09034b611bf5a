/// Sessions as readable sequences of pages.
public struct JourneyList: Block {
    /// One page of a journey.
    public struct Step: Sendable, Equatable {
        /// Page title, or what was searched for.
        public var name: String
        /// Seconds spent; nil where unknown.
        public var dwell: Double?
        /// Remarks that make it stand out, such as what it speaks for.
        public var marks: [Mark]

        /// A step.
        public init(_ name: String, dwell: Double? = nil, marks: [Mark] = []) {
            (self.name, self.dwell, self.marks) = (name, dwell, marks)
        }
    }

    /// A remark on a step that belongs to one of the journey's facts.
    public struct Mark: Sendable, Equatable {
        /// The fact's place, which gives the colour.
        public var fact: Int
        /// The remark; it has to say without its colour what it belongs to.
        public var text: String

        /// A remark.
        public init(_ fact: Int, _ text: String) { (self.fact, self.text) = (fact, text) }
    }

    /// A line below a journey's heading.
    public struct Fact: Sendable, Equatable {
        /// What stands in the coloured mark, such as a letter; empty for none.
        public var sign: String
        /// The line.
        public var text: String

        /// A line.
        public init(sign: String = "", _ text: String) { (self.sign, self.text) = (sign, text) }
    }

    /// One session.
    public struct Journey: Sendable, Equatable {
        /// Heading, such as its hidden intent.
        public var title: String
        /// At the right of the heading, such as its similarity.
        public var note: String
        /// In order.
        public var steps: [Step]
        /// Whether it stands out: the session whose neighbours follow.
        public var isLead: Bool
        /// Lines below the heading.
        public var facts: [Fact]

        /// A session.
        public init(_ title: String, note: String = "", facts: [Fact] = [], steps: [Step], isLead: Bool = false) {
            (self.title, self.note, self.facts, self.steps, self.isLead) = (title, note, facts, steps, isLead)
        }
    }

    /// From top to bottom.
    public var journeys: [Journey]
    /// Longer journeys are cut, and say by how much.
    public var longest: Int

    /// A list of sessions.
    public init(_ journeys: [Journey], longest: Int = 16) {
        precondition(longest > 0, "JourneyList: longest \(longest) must be positive")
        (self.journeys, self.longest) = (journeys, longest)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        out.raw("<ul class=\"journeys\">\n")
        for journey in journeys {
            out.raw("<li\(journey.isLead ? " class=\"lead\"" : "")><h3>")
            out.text(journey.title)
            if !journey.note.isEmpty {
                out.raw("<span>")
                out.text(journey.note)
                out.raw("</span>")
            }
            out.raw("</h3>")
            writeFacts(of: journey, to: &out)
            out.raw("<ol class=\"steps\">")
            for step in journey.steps.prefix(longest) {
                out.raw(step.marks.isEmpty ? "<li><b>" : "<li><b class=\"marked\">")
                out.text(step.name)
                for mark in step.marks { writeSign(mark.text, fact: mark.fact, to: &out) }
                out.raw("</b>")
                if let dwell = step.dwell {
                    out.raw("<i>")
                    out.text(NumberText.seconds(dwell))
                    out.raw("</i>")
                }
                out.raw("</li>")
            }
            if journey.steps.count > longest {
                out.raw("<li class=\"more\">and \(NumberText.count(journey.steps.count - longest)) more</li>")
            }
            out.raw("</ol></li>\n")
        }
        out.raw("</ul>\n")
    }
    private func writeFacts(of journey: Journey, to out: inout HTMLText) {
        guard !journey.facts.isEmpty else { return }
        out.raw("<ul class=\"facts\">")
        for (place, fact) in journey.facts.enumerated() {
            out.raw("<li>")
            if !fact.sign.isEmpty { writeSign(fact.sign, fact: place, to: &out) }
            out.text(fact.text)
            out.raw("</li>")
        }
        out.raw("</ul>")
    }

    private func writeSign(_ text: String, fact: Int, to out: inout HTMLText) {
        out.raw("<span class=\"sign\" style=\"border-color:\(Marks.colour(fact))\">")
        out.text(text)
        out.raw("</span>")
    }
}
