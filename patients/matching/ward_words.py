"""What people write beside a record number at the bedside: body parts, wounds, teeth, examinations, wards,
visits.
"""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Several are somebody's surname, too (Ward, Palma, Chin): where the directory has one, only small letters
# and nobody's name beside them make them a thing.
WARD_WORDS = _set(
    """
    abdominal ablacion abrasion absceso abscess accident accidente acne admission admitted aligner
    aligners alineadores allergy alveolar ambulance ambulancia ampolla amputacion amputation anestesia
    anesthesia angiogram angiography anos antebrazo antecubital anular anus apex appointment area armpit
    arms arrival arteria artery aspecto assessment axial axila axilla axillary bandage basal baseline
    bed beds bedside better bilateral bite blanqueamiento blister blurry borrosa boveda brace braces
    bracket brackets brazo brazos breasts brow bruise bruising bucal buccal bulto burn burns buttock
    buttocks calcaneo calf cama camas canal canine canines canino carcinoma caries carilla carillas
    cartilago cast cateter catheter cavity ceja cellulitis celulitis cerca cervical cesarea change
    changed changes cheek cheeks chin cicatriz clavicle clavicula cleaned cleaning clearer closed
    closeup coccyx codos colgajo colostomia colostomy comparison contusion corona coronal corte costado
    costilla coxis crown crowns cuadrante cubito cuero cuna curacion cut days debridement dedo dedos
    deep dehiscence deltoid dentadura denture derechas derechos dermatitis dermatoscopia dermoscopy
    desbridamiento detalles diabetic diabetica diabetico dias diastema dirty discharged diurno dolor
    donante donor drain drainage drenaje dressed dressing dressings ear ears eczema edema elbows
    emergencias empaste empastes encia encias endodoncia entrance epidermis eritema erosion erythema
    escara escaras eschar espalda esternon estoma evening evolucion evolution exantema exit extraccion
    extraction extraoral eyebrow eyelid eyes fasciotomia fasciotomy femoral femur fibula fijacion
    filling fillings finger fingernail fingers first fistula fistulae flanco flank flap flaps floor
    followups forearm forearms forehead fosa fractura fracture garganta gauze genital gingiva gingival
    gluteal gluteo grade graft grafts grande granulacion granulation groin gum gums habitacion hair
    hallux hallway hands healed healing heel heels hematoma herida heridas hernia herpes hips hombros
    humero humerus icu implant implante impresion incision incisivo incisor incisors indice infeccion
    infectada infected infection ingle ingrown inguinal injerto injury inner inserted interdental
    internado ischium isquion izquierdas izquierdos jaw joint keloid knees knuckle labial labio labios
    laceracion laceration large laser lateralizado leg legs lejos lengua lesion lesiones lesions
    ligament limpia limpieza lingual lip lips lobe lobule lumbago lump lunar lunares luxacion macro
    macula maculas malar maleolo malleolus manana mandible mandibular manos maxilar maxilla maxillary
    measured measurement measurements medial medida medidas medio mejilla mejor melanoma menique menton
    meses metatarsal midline molar molares molars mole moles monitor month months mordida morning mouth
    mouthguard mucosa muneca munon muscle musculo muslo muslos nail nails nalga nalgas nariz nasal navel
    neck necrosis necrotic necrotica nevi nevo nevus newborn night nipple noche node nodule nodulo nose
    nostril nudillo nurse nursing oblicua oblique observacion occipital occipucio ojo ojos ombligo
    onicomicosis onychomycosis open operating operation operative operatorio oreja orejas orthodontic
    ortodoncia outer overbite overjet overview paladar palatal palate palatine palatino palm palma
    palmar palms palpebra pantorrilla papula papule parche parotid parpado pecho pectoral pelo pene
    penis peor pequena perianal perineal perineo perineum perioral perna phalanx picadura picture
    pierced pigmentation plantar plaque platelet pocket podiatry podologia polipo polyp postoperative
    postoperatoria postoperatorio premolar premolars preoperative preoperatoria preoperatorio pressure
    primer primera probe procedure profunda progression prosthesis protesis psoriasis pubis pulgar pulp
    puncture puntos pus pustula pustule quadrant queloide quemadura quemaduras quirofano quirurgica
    quirurgico quiste radial radio radius rash raspon recovery recto rectum recuperacion red redness
    repeat resected resina retainer retenedor retina retractor ribs rodillas room rooms root rotula
    round rounds sacra sacral sacro sacrum sagital sagittal salpullido sarpullido scab scale scaling
    scalp scaphoid scapula scapular scar scars sclera scrotum second secretion segunda segundo semana
    semanas septic septum seroma shave shin shoulder shoulders sigmoid sinusitis skin small socket sole
    soles sore sores spinal splint stage staples stitches stoma stump sublingual sucia sunburn
    superficial sutura suturas suture sutured sutures swab swelling swollen talon talones tarde tarsal
    temporal tendon testicle testiculo theatre thigh thighs third thoracic throat thumb thyroid tibia
    tibial tiroides toenail toenails toes tongue tonsil transversal trauma traumatismo trocanter
    trochanter tumour turno ulcer ulcera ulceras ulcerated ulceration ulcers ulnar umbilical umbilicus
    una unas unguis unilateral urticaria vagina vaginal varice varices varicose vein veins vena venas
    veneer veneers venosa venous verruga verrugas vertebra vertex vesicle vesicula vestibular visitas
    visits vulva ward wards wart warts washed week weekly weeks wheal whitening worse wounds wrists yeso
    zoom
    """
)

# Parts of the body that there are two of, and the letters that say which (left, right, derecha, izquierda).
SIDED = _set(
    """
    ankle arm brazo breast buttock cadera codo dedo ear elbow eye finger foot forearm groin hand heel hip
    hombro knee leg mama mano muneca muslo ojo oreja pie pierna rodilla shin shoulder talon thigh thumb
    tobillo toe wrist
    """
)
SIDES = frozenset({"l", "r", "d", "i"})
