extension NeedCatalogue {
    static let borrowing: [HiddenNeed] = [
        HiddenNeed(
            "mortgage-research", "Research mortgages", "Reads about mortgages in general, well before buying.",
            family: "home", .mortgages, weight: 3.5, pace: [.calculator: .brisk, .product: .usual, .guide: .long],
            queries: ["types of mortgage", "fixed or tracker mortgage", "mortgage rates today"],
            PlanStep(Activity.look), PlanStep(Activity.weigh, .scan, stay: 0.55),
            PlanStep(Activity.count), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "mortgage-affordability", "How much can I borrow", "Works out what mortgage is affordable.",
            family: "home", .mortgages, weight: 3, pace: [.calculator: .hesitant, .eligibility: .long, .product: .brisk],
            queries: ["how much can i borrow", "mortgage calculator", "monthly payment mortgage"],
            PlanStep(Activity.count, stay: 0.5), PlanStep(Activity.decide),
            PlanStep(Activity.weigh, .focus, back: 0.15), PlanStep(Activity.look, leave: 0.22)),
        HiddenNeed(
            "first-home", "First home", "Buys a home for the first time and needs to learn and to save.",
            family: "home", .mortgages, weight: 2, pace: [.guide: .hesitant, .calculator: .long, .documents: .long],
            queries: ["first time buyer", "deposit for first home", "help to buy"],
            PlanStep(Activity.look, stay: 0.45), PlanStep(Activity.count + ", savings.calculator 1"),
            PlanStep(Activity.weigh, .pingPong, stay: 0.5), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "remortgage", "Move a mortgage", "Has a mortgage and wants better terms, here or from elsewhere.",
            family: "home", .mortgages, weight: 2, .office, pace: [.rates: .long, .documents: .long, .guide: .glance],
            queries: ["remortgage", "fixed rate ending", "early repayment charge"],
            PlanStep(Activity.weigh + ", login.form 1", .focus), PlanStep(Activity.count, stay: 0.45),
            PlanStep(Activity.decide), PlanStep(Activity.look, leave: 0.22)),
        HiddenNeed(
            "home-insurance", "Insure a home", "Wants home or contents cover.",
            family: "home", .insurance, weight: 1.8, pace: [.form: .long, .calculator: .long, .documents: .brisk],
            queries: ["home insurance quote", "contents cover", "insure my flat"],
            PlanStep(Activity.look + ", mortgages.hub 1"), PlanStep(Activity.weigh, .pingPong, stay: 0.5),
            PlanStep(Activity.count, stay: 0.45), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "travel-insurance", "Insure a journey", "Wants travel cover, soon.",
            family: "travel", .insurance, weight: 1.2, .anyTime, pace: [.product: .brisk, .calculator: .brisk, .documents: .long],
            queries: ["travel insurance", "annual travel cover", "insurance for holiday"],
            PlanStep(Activity.count + ", travel.hub 1"), PlanStep(Activity.weigh, .focus),
            PlanStep(Activity.decide, stay: 0.45), PlanStep(Activity.look, leave: 0.25)),
        HiddenNeed(
            "loan-calculate", "Work out a personal loan", "Plays with amount and term, not decided yet.",
            family: "credit", .loans, weight: 3, pace: [.calculator: .hesitant, .product: .usual, .eligibility: .brisk],
            queries: ["loan calculator", "loan monthly payment", "borrow 10000"],
            PlanStep(Activity.count, stay: 0.5), PlanStep(Activity.weigh, .scan, back: 0.2),
            PlanStep(Activity.look + ", carLoans.hub 1"), PlanStep(Activity.decide, leave: 0.22)),
        HiddenNeed(
            "loan-apply", "Apply for a personal loan", "Has decided on a loan and applies.",
            family: "credit", .loans, weight: 2, pace: [.apply: .long, .calculator: .glance, .eligibility: .usual],
            queries: ["apply for loan", "loan documents needed", "get a loan today"],
            PlanStep(Activity.weigh, .focus), PlanStep(Activity.count),
            PlanStep(Activity.decide, stay: 0.5), PlanStep(Activity.look, leave: 0.22)),
        HiddenNeed(
            "debt-consolidation", "Bring debts together", "Wants one loan in place of several debts.",
            family: "credit", .loans, weight: 1.3, .anyTime, pace: [.calculator: .hesitant, .rates: .long, .guide: .hesitant],
            queries: ["consolidate debts", "pay off credit cards with loan", "one monthly payment"],
            PlanStep(Activity.look + ", cards.rates 1"), PlanStep(Activity.count, stay: 0.5, back: 0.15),
            PlanStep(Activity.decide), PlanStep(Activity.weigh, .focus, leave: 0.22)),
        HiddenNeed(
            "car-loan", "Finance a car", "Wants a loan or lease for a car.",
            family: "credit", .carLoans, weight: 2, pace: [.calculator: .long, .product: .usual],
            queries: ["car loan", "finance used car", "electric car lease"],
            PlanStep("hub 2, product 2, loans.hub 1"), PlanStep("calculator 3, rates 1, loans.calculator 1", stay: 0.45),
            PlanStep("product 4, compare 2, guide 1", .pingPong, stay: 0.5),
            PlanStep("eligibility 2, apply 2, insurance.hub 1", .scan, leave: 0.3)),
    ]

    static let businessAndService: [HiddenNeed] = [
        HiddenNeed(
            "business-account", "Open a business account", "Starts or moves a business and needs an account.",
            family: "business", .business, weight: 1.5, .office, pace: [.documents: .long, .guide: .long],
            queries: ["business account", "sole trader account", "start up banking"],
            PlanStep(Activity.look), PlanStep(Activity.weigh, .scan, stay: 0.5),
            PlanStep(Activity.decide, stay: 0.45), PlanStep(Activity.count, leave: 0.25)),
        HiddenNeed(
            "merchant-services", "Take card payments", "A business wants a terminal or payments on its site.",
            family: "business", .business, weight: 0.6, .office, pace: [.rates: .long, .calculator: .long, .guide: .glance],
            queries: ["card terminal", "payment gateway", "take card payments fees"],
            PlanStep(Activity.weigh, .pingPong, stay: 0.5), PlanStep(Activity.look),
            PlanStep(Activity.count, stay: 0.45), PlanStep(Activity.decide + ", support.contact 1", leave: 0.25)),
        HiddenNeed(
            "travel-money", "Money for a journey", "Needs cash or a card for a journey.",
            family: "travel", .travel, weight: 1.8, .anyTime, pace: [.rates: .brisk, .product: .brisk, .calculator: .usual],
            queries: ["travel money", "order euros", "card abroad fees"],
            PlanStep(Activity.count + ", locator.article 1"), PlanStep(Activity.look),
            PlanStep(Activity.weigh + ", cards.product 1", .known), PlanStep(Activity.decide, leave: 0.3)),
        HiddenNeed(
            "international-transfer", "Send money abroad", "Wants to pay somebody in another country.",
            family: "travel", .travel, weight: 1.5, .office, pace: [.calculator: .long, .rates: .long, .guide: .usual],
            queries: ["send money abroad", "international transfer fee", "swift code"],
            PlanStep(Activity.weigh, .focus), PlanStep(Activity.count, stay: 0.45),
            PlanStep(Activity.decide + ", login.form 2"), PlanStep(Activity.look, leave: 0.3)),
        HiddenNeed(
            "find-branch", "Find a branch or cash machine", "Wants a place, an opening hour or an appointment.",
            family: "service", .locator, weight: 3, .office, pace: [.article: .brisk, .hub: .brisk],
            queries: ["branch near me", "cash machine", "opening hours saturday"],
            PlanStep("hub 3", leave: 0.1), PlanStep("article 5, hub 2", .known, stay: 0.5, leave: 0.2),
            PlanStep("support.contact 1, article 2", .focus, leave: 0.35)),
        HiddenNeed(
            "contact-support", "Reach the bank", "Has a question about a product held and looks for somebody to ask.",
            family: "service", .support, weight: 3, .office, pace: [.article: .usual, .faq: .brisk, .contact: .long],
            queries: ["phone number", "chat with bank", "change my address"],
            PlanStep("hub 3, faq 1, login.form 1"), PlanStep("article 4, faq 1", .scan, stay: 0.45),
            PlanStep("contact 4, form 1, locator.article 1", .pingPong, leave: 0.3)),
        HiddenNeed(
            "report-fraud", "Report fraud", "Saw a payment or message that looks like fraud.",
            family: "security", .security, weight: 1, .anyTime, pace: [.article: .long, .form: .hesitant, .contact: .brisk],
            queries: ["report fraud", "payment i did not make", "phishing text message"],
            PlanStep("hub 2, login.form 2, support.hub 2"), PlanStep("article 4, support.article 1, support.faq 1", .scan, stay: 0.45),
            PlanStep("contact 3, form 3, support.contact 1", leave: 0.3)),
        HiddenNeed(
            "make-complaint", "Complain", "Is unhappy with the bank and wants it put right.",
            family: "service", .complaints, weight: 0.6, .office, pace: [.form: .hesitant, .article: .long],
            queries: ["complaint", "ombudsman", "not happy with service"],
            PlanStep("support.hub 2, hub 2, support.contact 1"), PlanStep("article 3, support.faq 1, legal.terms 1", .known),
            PlanStep("form 4, hub 1, support.form 1", leave: 0.3)),
        HiddenNeed(
            "job-search", "Look for a job", "Wants to work at the bank.",
            family: "other", .careers, weight: 0.8, .anyTime, pace: [.article: .long],
            queries: ["jobs", "graduate programme", "vacancies"],
            PlanStep("hub 2, about.hub 1"), PlanStep("article 5, about.article 1", .scan, stay: 0.55),
            PlanStep("form 2, faq 1, article 1", leave: 0.3)),
    ]
}
