/// Sessions as readable sequences of pages.
public struct JourneyList: Block {
    /// One page of a journey.
    public struct Step: Sendable, Equatable {
        /// Page title, or what was searched for.
        public var name: String
        /// Seconds spent; nil where unknown.
        public var dwell: Double?

        /// A step.
        public init(_ name: String, dwell: Double? = nil) { (self.name, self.dwell) = (name, dwell) }
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

        /// A session.
        public init(_ title: String, note: String = "", steps: [Step], isLead: Bool = false) {
            (self.title, self.note, self.steps, self.isLead) = (title, note, steps, isLead)
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
            out.raw("</h3><ol class=\"steps\">")
            for step in journey.steps.prefix(longest) {
                out.raw("<li><b>")
                out.text(step.name)
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
}
