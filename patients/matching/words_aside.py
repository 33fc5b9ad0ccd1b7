"""Words of clinics, files and documents that are nobody's name, and words that announce a place."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ASIDE = _set(
    """
    abdomen abril acta acute adjunto after agosto alergia alta altas analisis anamnesis anexo angio
    ankle anterior antes ap apertura april archivo arm articulacion articulo aseguradora audio august
    auth authorization autorizacion back backup baja base batch before biopsia biopsy bitewing blood
    boca body bone book brain breast bx cabeza cadera camara camera camp cancer cara card cardio care
    carpeta carta caso cbct cedula cefalo cefalometria certificado chart check checkup chest cirugia
    cita clinic clinica clinical clinico codo col colonoscopia columna completo compressed cons consent
    consentimiento consult consulta consultation contract contrato control copia copies copy correo
    cover cr craneo cranial cropped ct cuello cuerpo curp curso data datos day dcim de december
    definitivo demo dens densitometria dental der derecha derecho dermato dermatology descarga desktop
    despues detail detalle deteccion dia diagnosis diagnostico dibujo diciembre diente dientes discharge
    diseno dispensario dni doc docs document documento documentos documents domingo dorsal download
    downloads draft ecg echo eco ecocardiograma ecografia eeg egreso ekg elbow electro email emergencia
    emergency emg encounter endoscopia enero entrada entry epicrisis episode episodio eps escan
    escaneado escaneo escaner estado estudio estudios evolucion exam examen examenes exp expediente
    export externo extra eye face facial factura familia fax febrero february fecha female ficha file
    final finding firma firmada firmado flash folder follow followup foot form formato formulario foto
    fotografia fotos frente friday front frontal full ged general ginecologia guia hallazgos hand hba hc
    head heart hemograma hip historia historial hoja hombro home hosp hospital hospitalizacion hsj hueso
    ib id image imagen imagenes images img import imss in incapacidad inf inferior info inform informado
    informe informes ingreso inicial insurance intake interconsulta internal intraoral invoice item ivu
    izq izquierda izquierdo january jpeg jpg jueves julio july june junio knee lab label laboratorio
    laboratorios laboratory labs lateral left lentes letra letter list lista listado lower lumbar lunes
    male mama mammogram mamo mamografia mandibula mano map march martes marzo med medica medical
    medicina medico memo mensual mes microscopia miercoles misc monday mri mrn muestra nac neuro new nhc
    nina nino no nombre nombres nota notas note notes november noviembre nss nueva nuevo num number
    numero occlusal oclusal ocr october octubre oculo od odonto of oftalmo oi on op opg optica oral
    orden ordenes order original orina orl orto ortopedia os other others otras otros out outpatient pa
    paciente pacientes pack page pagina paid pano panoramica panoramico papel paper part parte past
    patient patients pato patologia pcr pdf pediatria pediatric pelvis perfil perfusion periapical
    permiso pet photo photos pic pics picture pictures pie piel pierna pies placa plan planilla planta
    png portada pos post posterior postop pre prenatal preop prescription presion presupuesto previa
    previo print privado private procedimiento profile proforma progreso progress protocol protocolo
    prueba pruebas qx radiografia radiografias radiologia radiology raw rayos rayosx receipt recepcion
    receta recetas recibo record records refer referencia referral registro release renal rep report
    reporte reports request resonancia result resultado resultados results resumen review revision right
    rm rodilla roja routine rut rx sabado sala salida sample sangre saturday scan scanned scanner scans
    screenshot seguimiento seguro senal september septiembre serie series sesion session shot side
    signed sin sinus smile solicitud sonrisa soporte sorted spine stat statement studies study sumario
    summary summer sunday superior surgery tac tarjeta teeth temp template terapia test texto thorax
    thursday tif tiff tmp to tobillo todo toma tomografia tooth torax torso total tratamiento treatment
    tuesday tumor tx uci ultimo ultra ultrasonido ultrasound unknown unnamed untitled up upload upper
    urg urgencia urgencias urgente urine uro urology us usg utf vacuna vacunas varios various vascular
    ver version video viernes view vision visit visita vista vital web wednesday whatsapp with wound
    wrist xr xray xrays year yearly zip
    """
)

# After one of these come the words of an institution's name, not the patient's.
PLACES = _set(
    """
    hospital hosp clinica clinic clinics centro center centre instituto institute sanatorio universidad
    university farmacia pharmacy consultorio dispensario seguro aseguradora
    """
)
# Before one of these, too: `Grace Clinic`.
PLACES_AFTER = _set(
    """
    clinic clinics hospital center centre institute pharmacy university dental
    """
)
SAINTS = _set(
    """
    san santa st saint santo sta
    """
)
