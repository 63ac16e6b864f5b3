extension StopwordList {
  static let russian = """
    а без более больше будет будто бы был была были было быть в вам вас вдруг ведь во вот
    впрочем все всегда всего всех всю вы где да даже два для до другой его ее ей ему если есть
    еще ж же за зачем здесь и из или им иногда их к как какая какой когда конечно кто куда ли
    лучше между меня мне много может можно мой моя мы на над надо наконец нас не него нее ней
    нельзя нет ни нибудь никогда ним них ничего но ну о об один он она они опять от перед по под
    после потом потому почти при про раз разве с сам свою себе себя сейчас со совсем так такой
    там тебя тем теперь то тогда того тоже только том тот три тут ты у уж уже хорошо хоть чего
    чем через что чтоб чтобы чуть эти этого этой этом этот эту я
    """

  static let slovene = """
    ali ampak bi bil bila bile bili bilo biti blizu bo bodi bodo bojo bom bomo boste boš brez
    celo da deset deseti do drug druga drugi drugo dva dve eden en ena enega eno ga h in iz jaz
    je jih jo k kaj kako katera kateri katero kdo ker ki ko koliko kot le me med mene meni mi
    mnogo moj moja moje morajo moram moramo moraš morem mu na nad naj najin nam nas naš naša
    naše ne nek neka nekaj nekateri nekdo neko nekoga ni nihče nisem nisi nismo niso niste nič
    nje njega njegov njegova njegovo njej njemu njen njena njeno njih njihov njihova njihovo
    njim o ob oba od okoli okrog on ona one oni ono osem osmi pa pet po pod poleg prav pred
    preko pri proti prva prvi prvo rad rada res s saj samo se sedem sem si sicer skoraj skozi
    smo so sta ste svoj svoja svoje ta tak taka take tako te tebe tebi tega teh tem temu temveč
    ti tista tisti tisto to torej tri trije tudi tvoj tvoja tvoje v vam vas vaš vaša vaše vendar
    verjetno ves vi vsa vsaj vsak vsaka vsako vse vsi z za zakaj zaradi če še šest štiri ž že
    """
}
