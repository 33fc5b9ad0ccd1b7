"""The table behind `nicknames`: a given name, folded, and its short forms."""

_SPANISH = """
    adriana: adri; agustin: agus tin; alberto: beto tito berto; alejandra: ale alex sandra jana;
    alejandro: ale alex jandro sandro; alfonso: poncho fonso; alfredo: fredo fredy; alicia: licha;
    ana: anita anny; andrea: andy; andres: andy; angel: angelito; angelica: angie; antonia: tona toni;
    antonio: tono tony toni; armando: mando; arturo: turo; aurora: lola; beatriz: bety betty bea;
    benjamin: benja ben; bernardo: berna nardo; camila: cami mila; carlos: carlitos charly carlangas;
    carmen: menchu carmela carmencita; carolina: caro; catalina: cata lina; cecilia: ceci chila;
    claudia: clau; concepcion: concha conchita chona; consuelo: chelo; cristina: cris tina;
    cristobal: cris tobal; daniel: dani dan danny; daniela: dani; david: dave davy davi davey;
    diego: dieguito; dolores: lola loli; domingo: mingo; eduardo: lalo edu eddie; elena: nena lena;
    elizabeth: ely liz beth betty eliza lizzie betsy lisa libby; emilio: milo; enrique: quique kike;
    ernesto: neto; esperanza: pera lancha; esteban: tebi; eugenia: genia maru; eugenio: geno;
    felipe: pipe lipe; fernanda: fer nanda; fernando: fer nando; francisca: paca pancha paqui;
    francisco: paco pancho fran kiko cisco quico frank; gabriel: gabo gabi gabe; gabriela: gaby gabi;
    gerardo: gera jerry; gilberto: beto gil; gloria: yoya; gonzalo: gonza chalo; graciela: chela;
    gregorio: goyo; guadalupe: lupe lupita; guillermo: memo guille billy; gustavo: tavo gus;
    heriberto: beto; hortensia: tencha; humberto: beto; ignacio: nacho; ines: nesi;
    isabel: chabela isa chabe bella; ismael: mayel; israel: isra; jaime: jimmy; javier: javi xavi;
    jesus: chuy chucho; joaquin: quino; jorge: coque jorgito; jose: pepe chepe pepito joe;
    josefa: pepa chepa; josefina: fina pepita; juan: juancho juanito johnny; juana: juanita; julieta: julie;
    karla: karlita; laura: lau lauri; leonardo: leo; leticia: lety leti; lorena: lore; lourdes: lulu;
    lucia: lucy; luis: lucho guicho luisito; luisa: lucha lula; luz: lucecita;
    manuel: manolo meno manu nelo manny; manuela: manola; marcela: chela marce; margarita: mago rita maggie;
    maria: mari mary marita maruja; mariana: mari marianita; mario: mayito; martha: martita marty patsy;
    martin: tin; mauricio: mau; mercedes: meche merche; miguel: migue mike miguelito; monica: moni;
    natalia: nati naty; nicolas: nico nick; norma: normita; octavio: tavo; oscar: oscarin; pablo: pablito;
    patricia: paty pati pat patty tricia trish; pedro: pedrito perico; pilar: pili; rafael: rafa rafi;
    raquel: quela; raul: rulo; rebeca: beca; ricardo: richi rica ricky rick cayo rich;
    roberto: beto robert rober tito; rodolfo: fito rodo; rodrigo: rodri rigo; rogelio: roge;
    rosa: rosita chita; rosario: chayo charo; salvador: chava salva; samuel: sam sammy;
    santiago: santi chago; sebastian: sebas; sergio: checo; silvia: chivis; socorro: coco; sofia: sofi;
    susana: susi susy; teresa: tere teresita; tomas: tommy tomi; valentina: vale; vanessa: vane;
    veronica: vero; vicente: chente; victor: vic vico; victoria: vicky vicki tori;
    virginia: vicky ginny gina; viviana: vivi; yolanda: yoli yola;
"""

_ENGLISH = """
    abigail: abby gail; abraham: abe; albert: al bert bertie; alexander: alex al sandy xander alec;
    alexandra: alex sandra sandy lexi; alexis: alex lexi; alfred: al fred alf; allison: ally allie;
    amanda: mandy manda; andrew: andy drew; angela: angie angel; ann: annie nan nancy; anna: annie ann;
    anne: annie; anthony: tony ant; arthur: art artie; barbara: barb barbie babs; benedict: ben;
    bernard: bernie; bradley: brad; brandon: bran; brian: bryant bry; brenda: bren; calvin: cal;
    cameron: cam; caroline: carrie carol; carolyn: carrie carol lyn;
    catherine: cathy kate katie cat kay cate; charles: charlie chuck chas chip; charlotte: charlie lottie;
    cheryl: cher; christian: chris; christina: chris tina chrissy; christine: chris chrissy tina;
    christopher: chris kris kit topher; cynthia: cindy cyndi; deborah: deb debbie debby debra;
    debra: deb debbie; dennis: denny; diana: di diane; donald: don donnie donny;
    dorothy: dot dottie dolly dora; douglas: doug; edward: ed eddie eddy ned ted teddy;
    edwin: ed eddie eddy win; eleanor: ellie nell nora lenora elaine; emily: em emmy; emma: em emmy;
    eric: rick ricky; ernest: ernie; eugene: gene; evelyn: eve evie; florence: flo;
    frances: fran fanny francie sis; francis: frank fran; franklin: frank; frederick: fred freddie freddy;
    george: georgie; gerald: gerry jerry; geoffrey: geoff jeff; gregory: greg gregg; harold: harry hal;
    harriet: hattie; helen: nell nellie ellen; henry: hank harry hal; herbert: herb bert; howard: howie;
    irene: rene; isabella: bella izzy isa; jacob: jake; jacqueline: jackie; james: jim jimmy jamie;
    janet: jan; janice: jan; jason: jay; jean: jeannie; jeffrey: jeff; jennifer: jen jenny jenn;
    jeremy: jerry; jerome: jerry; jessica: jess jessie jessy; joan: joanie; john: jack johnny jon;
    jonathan: jon john johnny jonny jonnie nathan; joseph: joe joey jo jos; josephine: jo josie;
    joshua: josh; joyce: joy; judith: judy; julia: julie; julian: jules;
    katherine: kathy kate katie kat kay kathie; kathleen: kathy kate katie kath; kenneth: ken kenny;
    kimberly: kim kimmy; lawrence: larry lars; leonard: leo len lenny; leslie: les; lillian: lily lil lilly;
    linda: lindy lin; louis: lou louie; louise: lou; madison: maddie;
    margaret: maggie meg peg peggy marge greta; marilyn: mary; mark: marc; marvin: marv;
    mary: molly polly may; matthew: matt matty; megan: meg; melissa: missy mel lissa; melvin: mel;
    michael: mike mick mickey micky; michelle: shelly; mildred: millie; mitchell: mitch; nancy: nan;
    natalie: nat; nathan: nate nat; nathaniel: nate nat nathan; nicholas: nick nicky; nicole: nikki nicki;
    norman: norm; olivia: livvy liv; pamela: pam; patrick: pat paddy; peter: pete; philip: phil pip;
    phillip: phil pip; phyllis: phyl; priscilla: cilla prissy; rachel: rach; ralph: ralphie; randall: randy;
    randolph: randy; raymond: ray; rebecca: becky becca; reginald: reg reggie;
    richard: rick dick rich richie ricky; robert: bob bobby rob robbie bert; rodney: rod; roger: rog;
    ronald: ron ronnie ronny; roy: leroy; russell: russ rusty; ruth: ruthie; samantha: sam sammie;
    sandra: sandy; sarah: sally sadie; sharon: shari; sidney: sid; sophia: sophie; stanley: stan;
    stephanie: steph stephie; stephen: steve stevie; steven: steve stevie; stuart: stu;
    susan: sue susie suzy; suzanne: sue suzie; sylvia: syl; tamara: tammy; terence: terry;
    theodore: ted teddy theo; theresa: terry tess tessa; thomas: tom tommy; timothy: tim timmy;
    valerie: val; vincent: vince vinnie; virgil: virg; walter: walt wally; wanda: wendy; wayne: way;
    wesley: wes; william: bill billy will willie liam; winifred: winnie; zachary: zach zack;
"""


def _read(table: str) -> dict[str, str]:
    entries = (entry.split(":") for entry in table.split(";") if entry.strip())
    return {name.strip(): forms.strip() for name, forms in entries}


FORMS: dict[str, str] = _read(_SPANISH) | _read(_ENGLISH)
